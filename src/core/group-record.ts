import type { NodeId } from '../protocol/ids.ts'
import type { GroupSpec, GroupStrategy, ResourceRequest } from '../protocol/specs.ts'
import type { Refusal } from './cluster-events.ts'
import { type Allocation, type Demand, demandOf, type ResourceMask } from './demand.ts'
import type { NodeLedger } from './node-ledger.ts'
import { type BundleNode, type BundlePlace, planBundles } from './placement/bundles.ts'
import type { Gang } from './scheduler.ts'
import type { Slot } from './slot.ts'

export type GroupState = 'PENDING' | 'CREATED' | 'RESCHEDULING' | 'REMOVED' | 'INFEASIBLE'

/** A placement group as the state API shows it. */
export interface GroupView {
  readonly groupId: string
  readonly state: GroupState
  readonly strategy: GroupStrategy
  readonly bundles: readonly { readonly request: ResourceRequest; readonly nodeId: NodeId | undefined }[]
  readonly refusal: Refusal | undefined
}

/** A node that bundles may be placed on. */
export interface NodeChoice {
  readonly slot: Slot
  readonly load: number
  /** What others ahead are short of there. */
  readonly kept: ResourceMask
}

/**
 * One placement group.
 *
 * - PENDING → CREATED when all its bundles have a place, at once; → INFEASIBLE when no cluster of these nodes could.
 * - CREATED → RESCHEDULING when a node with one of its bundles is lost; → CREATED when that bundle has a place again.
 * - any → REMOVED.
 */
export class GroupRecord implements Gang {
  readonly spec: GroupSpec
  readonly demands: readonly Demand[]
  readonly seq: number
  readonly sinceMs: number
  state: GroupState = 'PENDING'
  refusal: Refusal | undefined
  short: ResourceMask = 0
  wasReported = false
  /** The places of its bundles. */
  readonly slots: (Slot | undefined)[]
  readonly #start: (group: GroupRecord, keptOn: (slot: Slot) => ResourceMask) => boolean

  constructor(
    spec: GroupSpec,
    terms: { seq: number; sinceMs: number; start(group: GroupRecord, keptOn: (slot: Slot) => ResourceMask): boolean },
  ) {
    this.spec = spec
    this.demands = spec.bundles.map(demandOf)
    this.seq = terms.seq
    this.sinceMs = terms.sinceMs
    this.slots = spec.bundles.map(() => undefined)
    this.#start = terms.start
  }

  get isOver(): boolean {
    return this.state === 'REMOVED' || this.state === 'INFEASIBLE'
  }

  /** The bundles that have no place. */
  get missing(): number[] {
    return this.slots.flatMap((slot, index) => (slot === undefined ? [index] : []))
  }

  couldUse(slot: Slot): boolean {
    return slot.bundle === undefined && this.demands.some((demand) => slot.ledger.canEverFit(demand))
  }

  tryStart(keptOn: (slot: Slot) => ResourceMask): boolean {
    return this.#start(this, keptOn)
  }

  /** Places for the bundles that have none, on the nodes as they are now. */
  plan(nodes: readonly NodeChoice[]): readonly BundlePlace[] | undefined {
    const taken = new Set(this.slots.map((slot) => slot?.node))
    const plan = planBundles(
      this.missing.map((index) => this.demands[index]!),
      nodes.map(({ slot, load, kept }) =>
        trial(() => slot.ledger.copy(), { load, kept, isTaken: taken.has(slot.node) }),
      ),
      this.spec.strategy,
    )
    return typeof plan === 'string' ? undefined : plan
  }

  /** Whether all bundles would fit if nothing else ran anywhere. */
  couldEverFit(slots: readonly Slot[]): boolean {
    const nodes = slots.map((slot) => trial(() => slot.ledger.emptyCopy(), { load: 0, kept: 0, isTaken: false }))
    return planBundles(this.demands, nodes, this.spec.strategy) !== 'no'
  }

  view(): GroupView {
    const { groupId, strategy, bundles } = this.spec
    return {
      groupId,
      strategy,
      state: this.state,
      bundles: bundles.map((request, index) => ({ request, nodeId: this.slots[index]?.node.id })),
      refusal: this.refusal,
    }
  }
}

function trial(
  copy: () => NodeLedger,
  { load, kept, isTaken }: { load: number; kept: ResourceMask; isTaken: boolean },
): BundleNode {
  let ledger: NodeLedger | undefined
  return {
    load,
    isTaken,
    acquire: (demand) => ((demand.uses & kept) === 0 ? (ledger ??= copy()).acquire(demand) : undefined),
    release: (allocation: Allocation) => ledger!.release(allocation),
  }
}

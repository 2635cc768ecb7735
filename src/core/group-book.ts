import type { ActorId, RealmId } from '../protocol/ids.ts'
import type { BundleChoice, GroupSpec } from '../protocol/specs.ts'
import type { Books } from './books.ts'
import { canEverHold } from './bundle-fit.ts'
import type { Refusal } from './cluster-events.ts'
import { type Allocation, addDemands, type ResourceMask, unitsByBit } from './demand.ts'
import { groupRefusal, removedRefusal } from './feasibility.ts'
import { GroupRecord, type GroupView } from './group-record.ts'
import { NodeLedger } from './node-ledger.ts'
import type { Shape } from './shape.ts'
import { type Slot, viewOf } from './slot.ts'
import type { ClusterSnapshot } from './snapshot.ts'
import type { NodeRecord, WorkerPool } from './worker-pool.ts'

/** Groups that are over are remembered up to this number. */
const rememberedCount = 1000

/** What a bundle holds of its node. */
interface Reservation {
  readonly group: GroupRecord
  readonly allocation: Allocation
}

interface Bundle {
  readonly index: number
  readonly on: Slot
  readonly allocation: Allocation
}

/** Placement groups: what they have set apart, and where. */
export class GroupBook {
  readonly #books: Books
  readonly #groups = new Map<string, GroupRecord>()
  readonly #madeBy = new Map<RealmId | ActorId, Set<GroupRecord>>()
  readonly #reservations = new Map<Slot, Reservation>()
  readonly #over: string[] = []

  constructor(books: Books) {
    this.#books = books
  }

  get(groupId: string): GroupRecord | undefined {
    return this.#groups.get(groupId)
  }

  get pending(): GroupRecord[] {
    return [...this.#groups.values()].filter(({ state }) => state === 'PENDING' || state === 'RESCHEDULING')
  }

  views(): GroupView[] {
    return [...this.#groups.values()].map((group) => group.view())
  }

  request(spec: GroupSpec): void {
    if (this.#groups.has(spec.groupId)) return
    const { nowMs: sinceMs, scheduler } = this.#books
    const group = this.#record(spec, { seq: scheduler.nextSeq(), sinceMs })
    this.#know(group)
    if (this.#books.pool.hasEnded(spec.creator)) return this.#end(group, 'REMOVED')
    if (!this.refuse(group)) scheduler.addGang(group)
  }

  #record(spec: GroupSpec, since: { seq: number; sinceMs: number }): GroupRecord {
    return new GroupRecord(spec, { ...since, start: (one, keptOn) => this.#tryStart(one, keptOn) })
  }

  #know(group: GroupRecord): void {
    const { groupId, creator } = group.spec
    this.#groups.set(groupId, group)
    if (group.isOver) return
    const same = this.#madeBy.get(creator)
    if (same === undefined) this.#madeBy.set(creator, new Set([group]))
    else same.add(group)
  }

  /** Why the nodes there are could never have it. */
  refusalOf(spec: GroupSpec): Refusal | undefined {
    const group = new GroupRecord(spec, { seq: 0, sinceMs: 0, start: () => false })
    const nodes = [...this.#books.pool.nodes]
    if (spec.waitForResources || !this.#books.pool.hadNodes) return undefined
    return group.couldEverFit(nodes.map(({ slot }) => slot)) ? undefined : groupRefusal(spec, nodes)
  }

  /** Ends a group that the nodes there are could never have. */
  refuse(group: GroupRecord): boolean {
    const refusal = this.refusalOf(group.spec)
    if (refusal === undefined) return false
    group.refusal = refusal
    this.#end(group, 'INFEASIBLE')
    return true
  }

  /** Why something in a bundle can never be; undefined when it can, or when the group has no place yet. */
  refusalIn(shape: Shape): Refusal | undefined {
    const { bundle } = shape.request
    const group = this.#groups.get(bundle!.groupId)
    if (group === undefined || group.isOver) return removedRefusal(shape.request, bundle!.groupId)
    const fits = group.spec.bundles.some((one, index) => {
      if ((bundle!.index ?? index) !== index || !canEverHold(one, shape.placementRequest)) return false
      return group.slots[index]?.ledger.canEverFit(shape.placement) ?? true
    })
    const nodes = new Set(group.slots.flatMap((slot) => (slot === undefined ? [] : [slot.node])))
    return fits ? undefined : groupRefusal(group.spec, [...nodes], shape.request)
  }

  /** The places of a bundle, or of all. */
  slotsFor({ groupId, index: wanted }: BundleChoice): Slot[] {
    const group = this.#groups.get(groupId)
    if (group === undefined || group.isOver) return []
    return group.slots.filter(
      (slot, index): slot is Slot => slot !== undefined && (wanted === undefined || wanted === index),
    )
  }

  #tryStart(group: GroupRecord, keptOn: (slot: Slot) => ResourceMask): boolean {
    const slots = [...this.#books.pool.nodes].filter(({ isPaused }) => !isPaused).map(({ slot }) => slot)
    const places = group.plan(slots.map((slot) => ({ slot, load: viewOf(slot).load, kept: keptOn(slot) })))
    if (places === undefined) {
      group.short = shortOf(group, slots)
      return false
    }
    const { missing } = group
    places.forEach(({ at, allocation }, position) => {
      slots[at]!.ledger.take(allocation)
      this.#setUp(group, { index: missing[position]!, on: slots[at]!, allocation })
    })
    group.state = 'CREATED'
    this.#books.emit({ type: 'publishGroup', groupId: group.spec.groupId })
    return true
  }

  #reserve(group: GroupRecord, { index, on, allocation }: Bundle): Slot {
    const slot: Slot = {
      node: on.node,
      ledger: NodeLedger.ofAllocation(allocation, on.ledger.gpus),
      bundle: { groupId: group.spec.groupId, index },
      resuming: new Set(),
    }
    group.slots[index] = slot
    this.#reservations.set(slot, { group, allocation })
    return slot
  }

  #setUp(group: GroupRecord, bundle: Bundle): void {
    const { groupId } = group.spec
    const { index } = bundle
    const slot = this.#reserve(group, bundle)
    this.#books.scheduler.addSlot(slot, ({ request, placement }) => {
      const wanted = request.bundle
      if (wanted?.groupId !== groupId || (wanted.index ?? index) !== index) return false
      return slot.ledger.canEverFit(placement)
    })
  }

  /** It is over: nothing is placed in it any more. What runs in it must be ended by the caller. */
  remove(group: GroupRecord): void {
    if (!group.isOver) this.#end(group, 'REMOVED')
  }

  #end(group: GroupRecord, state: 'REMOVED' | 'INFEASIBLE'): void {
    const { groupId, creator } = group.spec
    group.state = state
    this.#books.scheduler.removeGang(group)
    const same = this.#madeBy.get(creator)
    if (same?.delete(group) && same.size === 0) this.#madeBy.delete(creator)
    this.#books.emit({ type: 'publishGroup', groupId })
    this.#over.push(groupId)
    if (this.#over.length > rememberedCount) this.#groups.delete(this.#over.shift()!)
    for (const slot of group.slots) {
      if (slot === undefined) continue
      this.#books.scheduler.removeSlot(slot)
      this.freed(slot)
    }
  }

  /** Something in a bundle is free again: an empty bundle of a group that is over goes back to its node. */
  freed(slot: Slot): void {
    if (!this.isLeftOver(slot)) return
    const { group, allocation } = this.#reservations.get(slot)!
    this.#reservations.delete(slot)
    group.slots[slot.bundle!.index] = undefined
    this.#books.giveBack(slot.node.slot, allocation)
  }

  /** Whether a group that is over holds this bundle, and nothing runs in it any more. */
  isLeftOver(slot: Slot): boolean {
    return this.#reservations.get(slot)?.group.isOver === true && slot.ledger.isUnused
  }

  nodeLost(node: NodeRecord): void {
    for (const [slot, { group }] of [...this.#reservations]) {
      if (slot.node !== node) continue
      this.#reservations.delete(slot)
      this.#books.scheduler.removeSlot(slot)
      group.slots[slot.bundle!.index] = undefined
      if (group.state !== 'CREATED') continue
      group.state = 'RESCHEDULING'
      this.#books.emit({ type: 'publishGroup', groupId: group.spec.groupId })
      this.#books.scheduler.addGang(group)
    }
  }

  madeBy(owner: RealmId | ActorId): readonly GroupRecord[] {
    return [...(this.#madeBy.get(owner) ?? [])]
  }

  /** What bundles hold of a node. */
  reservedOn(node: NodeRecord): Allocation[] {
    return [...this.#reservations].filter(([slot]) => slot.node === node).map(([, { allocation }]) => allocation)
  }

  slotsOn(node: NodeRecord): Slot[] {
    return [...this.#reservations.keys()].filter((slot) => slot.node === node)
  }

  get slots(): Iterable<Slot> {
    return this.#reservations.keys()
  }

  /** All that is known of groups, as data. */
  snapshot(): Pick<ClusterSnapshot, 'groups' | 'bundles' | 'groupsOver'> {
    const groups = new Set(this.#groups.values())
    for (const { group } of this.#reservations.values()) groups.add(group)
    const numbers = new Map([...groups].map((group, number) => [group, number]))
    return {
      groups: [...groups].map((group) => {
        const { spec, seq, sinceMs, state, refusal, short, wasReported } = group
        const isForgotten = this.#groups.get(spec.groupId) !== group
        return { spec, seq, sinceMs, state, refusal, short, wasReported, isForgotten }
      }),
      bundles: [...this.#reservations].map(([slot, { group, allocation }]) => {
        return { group: numbers.get(group)!, index: slot.bundle!.index, nodeId: slot.node.id, allocation }
      }),
      groupsOver: [...this.#over],
    }
  }

  /** Goes on where another book was; the places of the bundles, in order. */
  restore({ groups, bundles, groupsOver }: ReturnType<GroupBook['snapshot']>, pool: WorkerPool): Slot[] {
    const records = groups.map(({ spec, seq, sinceMs, state, refusal, short, wasReported, isForgotten }) => {
      const group = this.#record(spec, { seq, sinceMs })
      Object.assign(group, { state, refusal, short, wasReported })
      if (!isForgotten) this.#know(group)
      return group
    })
    this.#over.push(...groupsOver)
    return bundles.map(({ group, index, nodeId, allocation }) => {
      const on = pool.node(nodeId)!.slot
      on.ledger.take(allocation)
      return this.#reserve(records[group]!, { index, on, allocation })
    })
  }
}

// The names of which there is too little in all; when it is only scattered, all that the group takes.
function shortOf(group: GroupRecord, slots: readonly Slot[]): ResourceMask {
  const demands = group.missing.map((index) => group.demands[index]!)
  const wanted = demands.reduce(addDemands)
  let short = 0
  const free = new Map<ResourceMask, number>()
  for (const { ledger } of slots) ledger.addFreeTo(free)
  for (const [bit, units] of unitsByBit(wanted)) if (units > (free.get(bit) ?? 0)) short |= bit
  return short === 0 ? wanted.uses : short
}

import type { NodeId, RealmId } from '../protocol/ids.ts'
import type { ClusterCommand } from './cluster-events.ts'
import { ClusterState } from './cluster-state.ts'
import { lostMs } from './node-lease.ts'
import type { Endings, NodeReport, RealmReport } from './node-report.ts'
import { type Reconciled, reconcile } from './reconcile.ts'
import type { ClusterSnapshot } from './snapshot.ts'
import { holdMs } from './term.ts'

/** So long a node may go on for a coordinator that was replaced: after this time without a word it counts as lost. */
export const silenceMs: number = holdMs + lostMs

/**
 * What a coordinator does first when it takes over. Its snapshot may be old, so it grants nothing until every node that
 * it knows has told what it holds, or has been silent for so long that nothing of it runs any more. What is of no use is
 * ended first: then that node reports again.
 */
export class Recovery {
  readonly term: number
  readonly #snapshot: ClusterSnapshot
  readonly #waitsFor = new Map<NodeId, { readonly epoch: number; sinceMs: number }>()
  readonly #reports = new Map<NodeId, NodeReport>()
  readonly #realms = new Map<RealmId, RealmReport>()
  #reconciled: Reconciled | undefined

  /** `joining`: nodes that the snapshot may not know, by epoch. */
  constructor(
    snapshot: ClusterSnapshot,
    { term, nowMs, joining = new Map() }: { term: number; nowMs: number; joining?: ReadonlyMap<NodeId, number> },
  ) {
    this.#snapshot = snapshot
    this.term = term
    for (const { nodeId, epoch } of snapshot.nodes) this.#waitsFor.set(nodeId, { epoch, sinceMs: nowMs })
    for (const [nodeId, epoch] of joining) {
      const known = this.#waitsFor.get(nodeId)
      if (known === undefined || known.epoch < epoch) this.#waitsFor.set(nodeId, { epoch, sinceMs: nowMs })
    }
  }

  /** The lives of nodes that are to be asked. */
  get asked(): { readonly nodeId: NodeId; readonly epoch: number }[] {
    return [...this.#waitsFor].map(([nodeId, { epoch }]) => ({ nodeId, epoch }))
  }

  /** This life of a node is over: it has said so itself, or a later one has begun. */
  nodeGone(nodeId: NodeId, epoch: number): void {
    const known = this.#waitsFor.get(nodeId)
    if (known !== undefined && known.epoch <= epoch) this.#waitsFor.delete(nodeId)
    const report = this.#reports.get(nodeId)
    if (report !== undefined && report.epoch <= epoch) this.#reports.delete(nodeId)
  }

  /** Whether this life of a node is one that the snapshot knows, and has not been silent for too long. */
  knows(nodeId: NodeId, epoch: number): boolean {
    const known = this.#snapshot.nodes.some((node) => node.nodeId === nodeId && node.epoch === epoch)
    const now = this.#waitsFor.get(nodeId) ?? this.#reports.get(nodeId)
    return known && now?.epoch === epoch
  }

  /**
   * A node has told what it holds. False: the snapshot does not know this life of it, and nothing of it is taken over. It
   * must end, and is waited for until it says that it has.
   */
  reported(report: NodeReport, realms: readonly RealmReport[] = []): boolean {
    const { nodeId, epoch } = report
    if (!this.knows(nodeId, epoch)) return false
    const before = this.#reports.get(nodeId)
    if (before === undefined || before.number < report.number) this.#reports.set(nodeId, report)
    for (const realm of realms) this.#realms.set(realm.realm, realm)
    // What a worker said that is gone by now counts no more.
    const present = new Set(report.workers.map(({ workerId }) => workerId))
    for (const { workerId } of before?.workers ?? []) if (!present.has(workerId)) this.#realms.delete(workerId)
    this.#waitsFor.delete(nodeId)
    return true
  }

  /** Time goes on: nodes that have been silent for too long are not waited for, nor is anything of them kept. */
  timePassed(nowMs: number): void {
    for (const [nodeId, { sinceMs }] of this.#waitsFor) {
      if (nowMs - sinceMs < silenceMs) continue
      this.#waitsFor.delete(nodeId)
      this.#reports.delete(nodeId)
    }
  }

  /** What nodes must end before anything else, each of which reports again then. Empty: it waits, or it can be finished. */
  endings(nowMs: number): ReadonlyMap<NodeId, Endings> {
    if (this.#waitsFor.size > 0) return new Map()
    this.#reconciled = reconcile(this.#snapshot, this.#reports, [...this.#realms.values()])
    const { endings } = this.#reconciled
    for (const nodeId of endings.keys()) {
      const { epoch } = this.#reports.get(nodeId)!
      this.#waitsFor.set(nodeId, { epoch, sinceMs: nowMs })
    }
    return endings
  }

  /** Whether all is known, and nothing is left to be ended. */
  get isOver(): boolean {
    return this.#waitsFor.size === 0 && this.#reconciled !== undefined
  }

  /** The state to go on with, and what must be done first. */
  finish(): { readonly state: ClusterState; readonly commands: readonly ClusterCommand[] } {
    if (!this.isOver) throw new Error('bug: a coordinator takes over before all nodes have reported')
    const { snapshot, events, commands } = this.#reconciled!
    const state = ClusterState.restore(snapshot, this.term)
    const all = [...commands, ...events.flatMap((event) => state.handle(event))]
    return { state, commands: all }
  }
}

import type { NodeId } from '../protocol/ids.ts'
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
  readonly #realms: RealmReport[] = []
  #reconciled: Reconciled | undefined

  constructor(snapshot: ClusterSnapshot, term: number, nowMs: number) {
    this.#snapshot = snapshot
    this.term = term
    for (const { nodeId, epoch } of snapshot.nodes) this.#waitsFor.set(nodeId, { epoch, sinceMs: nowMs })
  }

  /** Whether this life of a node is one that the snapshot knows, and has not been silent for too long. */
  knows(nodeId: NodeId, epoch: number): boolean {
    const known = this.#snapshot.nodes.some((node) => node.nodeId === nodeId && node.epoch === epoch)
    return known && (this.#waitsFor.has(nodeId) || this.#reports.has(nodeId))
  }

  /** A node has told what it holds. False: the snapshot does not know this life of it, and nothing of it is taken over. */
  reported(report: NodeReport, realms: readonly RealmReport[] = []): boolean {
    const { nodeId, epoch } = report
    if (!this.knows(nodeId, epoch)) return false
    const before = this.#reports.get(nodeId)
    if (before === undefined || before.number < report.number) this.#reports.set(nodeId, report)
    this.#realms.push(...realms)
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
    this.#reconciled = reconcile(this.#snapshot, this.#reports, this.#realms)
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

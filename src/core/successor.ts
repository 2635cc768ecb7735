import type { NodeId } from '../protocol/ids.ts'
import type { ClusterSnapshot } from './snapshot.ts'
import { successionMs } from './term.ts'

/** A snapshot on its way to whoever may take over. */
export interface Replica {
  /** Grows with every snapshot of one term. */
  readonly number: number
  readonly snapshot: ClusterSnapshot
}

/**
 * Whoever takes over when the coordinator is silent. It keeps the last snapshot it was sent, and claims the next term;
 * it does nothing when another one wins that, and nothing at all before it has a snapshot.
 */
export class Successor {
  #replica: Replica | undefined
  #term: number
  #heardMs: number
  readonly #joining = new Map<NodeId, number>()
  #isClaiming = false

  constructor(term: number, nowMs: number) {
    this.#term = term
    this.#heardMs = nowMs
  }

  get term(): number {
    return this.#term
  }

  /** The last snapshot it has. */
  get snapshot(): ClusterSnapshot | undefined {
    return this.#replica?.snapshot
  }

  /** Nodes that were about to join, by epoch; the snapshot may not know them yet. */
  get joining(): ReadonlyMap<NodeId, number> {
    return this.#joining
  }

  /**
   * A node is about to join. The coordinator uses it only when it was told true: so whoever takes over knows of every
   * node that may run something. False: it is about to take over itself.
   */
  nodeJoins(nodeId: NodeId, epoch: number): boolean {
    if (this.#isClaiming) return false
    this.#joining.set(nodeId, Math.max(epoch, this.#joining.get(nodeId) ?? epoch))
    return true
  }

  /** A coordinator of this term lives. */
  heard(term: number, nowMs: number): void {
    if (term < this.#term) return
    this.#term = term
    this.#heardMs = Math.max(this.#heardMs, nowMs)
  }

  /** A snapshot has come. One that is older than what it has is dropped. */
  received(replica: Replica, nowMs: number): void {
    const { term } = replica.snapshot
    this.heard(term, nowMs)
    const known = this.#replica
    const isNews =
      known === undefined ||
      term > known.snapshot.term ||
      (term === known.snapshot.term && replica.number > known.number)
    if (isNews) this.#replica = replica
  }

  /** The term to claim now, once; undefined: the coordinator lives, or there is nothing to go on from. */
  due(nowMs: number): number | undefined {
    if (this.#isClaiming || this.#replica === undefined || nowMs - this.#heardMs < successionMs) return undefined
    this.#isClaiming = true
    return this.#term + 1
  }

  /** The arbiter has answered; `term`: the highest there is now. True: it is the coordinator from now on. */
  answered(claimed: number, isWon: boolean, { term, nowMs }: { term: number; nowMs: number }): boolean {
    this.#isClaiming = false
    if (isWon) {
      this.#term = claimed
      return true
    }
    // Somebody else is: it is to be heard of soon.
    this.heard(term, nowMs)
    return false
  }
}

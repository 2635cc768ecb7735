import type { NodeId } from '../protocol/ids.ts'

/** After this time without an answer of its coordinator a node ends what it runs for it. */
export const fenceMs = 4000
/** After this time without a heartbeat a node counts as lost. More than fenceMs, so that nothing of it runs any more. */
export const lostMs = 5000

/**
 * A node's right to run things. It is renewed by answers to heartbeats, and counts from when the heartbeat was *sent*: so
 * it ends before the coordinator counts the node as lost, however long messages take.
 */
export class NodeLease {
  #sinceMs: number

  constructor(joinedMs: number) {
    this.#sinceMs = joinedMs
  }

  /** The heartbeat that was sent then was answered. */
  answered(sentMs: number): void {
    this.#sinceMs = Math.max(this.#sinceMs, sentMs)
  }

  /** Whether the node must have ended everything by now. */
  hasEnded(nowMs: number): boolean {
    return nowMs - this.#sinceMs >= fenceMs
  }
}

/** Which nodes the coordinator has not heard of for too long. */
export class LeaseWatch {
  readonly #heard = new Map<NodeId, { readonly epoch: number; atMs: number }>()

  /** A node has joined, or a heartbeat of it has come. Of an earlier life of it: nothing. False: it is not known. */
  heard(nodeId: NodeId, epoch: number, nowMs: number): boolean {
    const known = this.#heard.get(nodeId)
    if (known === undefined || known.epoch !== epoch) return false
    known.atMs = nowMs
    return true
  }

  joined(nodeId: NodeId, epoch: number, nowMs: number): void {
    const known = this.#heard.get(nodeId)
    if (known === undefined || known.epoch < epoch) this.#heard.set(nodeId, { epoch, atMs: nowMs })
  }

  /** The nodes that count as lost from now on. */
  lost(nowMs: number): { readonly nodeId: NodeId; readonly epoch: number }[] {
    const lost = [...this.#heard].filter(([, { atMs }]) => nowMs - atMs >= lostMs)
    for (const [nodeId] of lost) this.#heard.delete(nodeId)
    return lost.map(([nodeId, { epoch }]) => ({ nodeId, epoch }))
  }
}

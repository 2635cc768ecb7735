import type { NodeId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import type { Books } from './books.ts'
import type { ClusterEvent } from './cluster-events.ts'
import { gpuBit } from './demand.ts'
import type { GroupBook } from './group-book.ts'
import { nodesByAffinity } from './placement/affinity.ts'
import { matchesLabels } from './placement/labels.ts'
import type { Shape } from './shape.ts'
import type { Slot } from './slot.ts'
import type { NodeRecord } from './worker-pool.ts'

type EventOf<T extends ClusterEvent['type']> = Extract<ClusterEvent, { readonly type: T }>

interface NodeLifeOptions {
  /** It is known now what there is. */
  firstJoined(): void
  workerExited(workerId: WorkerId, exit: WorkerExit): void
  realmEnded(realm: RealmId): void
}

/** Nodes that join, are lost and come back; and which of them could have what. */
export class NodeLife {
  readonly #books: Books
  readonly #groups: GroupBook
  readonly #options: NodeLifeOptions

  constructor(books: Books, groups: GroupBook, options: NodeLifeOptions) {
    this.#books = books
    this.#groups = groups
    this.#options = options
  }

  join(event: EventOf<'nodeJoined'>): void {
    const { pool, scheduler } = this.#books
    const { nodeId, epoch = 0, labels = {}, isRemote = false, resources, spareWorkers } = event
    const known = pool.node(nodeId)
    if (known !== undefined && epoch <= known.epoch) return
    if (known !== undefined) this.lost(nodeId, known.epoch)
    const isFirst = !pool.hadNodes
    const node = pool.join({ nodeId, epoch, labels, isRemote, resources, spareWorkers })
    scheduler.addSlot(node.slot, (shape) => isCandidate(shape, node))
    this.#replaceAffine()
    if (!isFirst) return
    // Before the first node has joined nobody knows what there is: requests wait, and are looked at then.
    this.#options.firstJoined()
    for (const group of this.#groups.pending) this.#groups.refuse(group)
  }

  // Where "that node, else any" may be depends on which nodes there are.
  #replaceAffine(): void {
    const { scheduler } = this.#books
    for (const shape of scheduler.shapes) {
      if (shape.request.strategy?.type === 'node') scheduler.replaceSlots(shape, this.slotsFor(shape))
    }
  }

  lost(nodeId: NodeId, epoch = 0): void {
    const { pool, scheduler } = this.#books
    const node = pool.node(nodeId)
    if (node === undefined || node.epoch !== epoch) return
    pool.leave(node)
    scheduler.removeSlot(node.slot)
    this.#groups.nodeLost(node)
    this.#replaceAffine()
    // None of them needs to be told to end.
    for (const worker of node.workers) pool.retire(worker)
    const exit: WorkerExit = { reason: `was lost with its node ${nodeId}`, isNodeLost: true }
    for (const { id } of [...node.workers]) this.#options.workerExited(id, exit)
    this.#options.realmEnded(nodeId)
  }

  /** GPUs of a node can be had or not, from now on. */
  gpusChanged({ nodeId, epoch = 0, gpus }: EventOf<'nodeGpusChanged'>): void {
    const { pool, scheduler } = this.#books
    const node = pool.node(nodeId)
    if (node === undefined || node.epoch !== epoch) return
    node.slot.ledger.gpus.change(gpus)
    for (const shape of scheduler.shapes) {
      if ((shape.demand.uses & gpuBit) !== 0) scheduler.replaceSlots(shape, this.slotsFor(shape))
    }
    for (const slot of [node.slot, ...this.#groups.slotsOn(node)]) scheduler.freed(slot)
  }

  /** A node has said what else it holds; if it has refused something, it is used again. */
  reported({ nodeId, epoch = 0, foreign, number }: EventOf<'nodeReported'>): void {
    const node = this.#books.pool.node(nodeId)
    if (node === undefined || node.epoch !== epoch || number <= node.reportNumber) return
    node.reportNumber = number
    node.isPaused = false
    for (const allocation of node.foreign) node.slot.ledger.release(allocation)
    node.foreign = foreign.filter((allocation) => node.slot.ledger.take(allocation))
    for (const slot of [node.slot, ...this.#groups.slotsOn(node)]) this.#books.scheduler.freed(slot)
  }

  /** The places that could ever have it. */
  slotsFor(shape: Shape): Slot[] {
    const { bundle, strategy } = shape.request
    if (bundle !== undefined) {
      return this.#groups.slotsFor(bundle).filter(({ ledger }) => ledger.canEverFit(shape.placement))
    }
    const able = [...this.#books.pool.nodes].filter((node) => couldHold(shape, node))
    if (strategy?.type !== 'node') return able.map(({ slot }) => slot)
    const chosen = nodesByAffinity(strategy, new Set(able.map(({ id }) => id)))
    return able.filter(({ id }) => chosen.has(id)).map(({ slot }) => slot)
  }
}

function couldHold({ request, placement }: Shape, { labels, slot }: NodeRecord): boolean {
  if (request.labels !== undefined && !matchesLabels(request.labels, labels)) return false
  return slot.ledger.canEverFit(placement)
}

function isCandidate(shape: Shape, node: NodeRecord): boolean {
  return shape.request.bundle === undefined && shape.request.strategy?.type !== 'node' && couldHold(shape, node)
}

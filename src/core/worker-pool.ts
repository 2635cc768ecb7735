import type { GpuStatus } from '../protocol/gpu-provider.ts'
import type { ActorId, NodeId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { Allocation } from './demand.ts'
import type { LeaseRecord } from './lease-record.ts'
import { type Amounts, NodeLedger, type NodeResources } from './node-ledger.ts'
import type { Slot } from './slot.ts'

/** What a node says of itself when it joins. */
export interface NodeTerms {
  readonly nodeId: NodeId
  /** Grows each time a node of this name comes back. */
  readonly epoch: number
  readonly resources: NodeResources
  readonly labels: Readonly<Record<string, string>>
  readonly spareWorkers: number
  /** It keeps books of its own and may refuse. */
  readonly isRemote: boolean
}

/** A node as the coordinator knows it. */
export interface NodeRecord {
  readonly id: NodeId
  readonly epoch: number
  readonly labels: Readonly<Record<string, string>>
  readonly isRemote: boolean
  readonly slot: Slot
  /** How many spare workers to keep; fewer when they cannot start. */
  spareTarget: number
  /** Workers nothing ever ran on: the next actor takes one. */
  readonly spare: Set<WorkerRecord>
  /** Workers that ran tasks and have no lease now; the one used last is at the end. */
  readonly idle: WorkerRecord[]
  /** Workers that light actors share. */
  readonly shared: Set<WorkerRecord>
  readonly workers: Set<WorkerRecord>
  actorCount: number
  /** What it holds that the coordinator does not know of. */
  foreign: readonly Allocation[]
  /** The number of its last report. */
  reportNumber: number
  /** It has refused something: nothing is placed there until it has reported. */
  isPaused: boolean
}
export type WorkerState = 'starting' | 'ready' | 'stopping'

/** A worker: it has actors, or a lease, or neither. */
export interface WorkerRecord {
  readonly id: WorkerId
  readonly node: NodeRecord
  state: WorkerState
  /** Those that wait for it to be ready, and those that live in it. */
  readonly actors: Set<ActorId>
  lease: LeaseRecord | undefined
  /** Since when it has nothing to do; undefined: it has, or never had. */
  idleSinceMs: number | undefined
}

/** A worker as the state API shows it. */
export interface WorkerSummary {
  readonly workerId: WorkerId
  readonly nodeId: string
  readonly state: WorkerState
  readonly actorIds: readonly ActorId[]
  readonly isLeased: boolean
}

/** A node as the state API shows it. */
export interface NodeView {
  readonly nodeId: NodeId
  readonly epoch: number
  readonly labels: Readonly<Record<string, string>>
  readonly total: Amounts
  readonly available: Amounts
  /** Its GPUs by index: whether they can be had, and what they are. */
  readonly gpus: readonly GpuStatus[]
  readonly workerCount: number
  readonly actorCount: number
}

/** More workers than this are never shared by light actors: they are there to save memory, not to compute. */
const maxShared = 8

/** The workers of all nodes, and which of them can be had. */
export class WorkerPool {
  readonly #nodes = new Map<NodeId, NodeRecord>()
  readonly #workers = new Map<WorkerId, WorkerRecord>()
  readonly #lacksSpares = new Set<NodeRecord>()
  readonly #onStart: (worker: WorkerRecord) => void
  #nextWorker = 1
  #hadNodes = false

  constructor(onStart: (worker: WorkerRecord) => void) {
    this.#onStart = onStart
  }

  get nodes(): Iterable<NodeRecord> {
    return this.#nodes.values()
  }

  node(nodeId: NodeId): NodeRecord | undefined {
    return this.#nodes.get(nodeId)
  }

  /** Whether a node has ever joined. */
  get hadNodes(): boolean {
    return this.#hadNodes
  }

  get workers(): Iterable<WorkerRecord> {
    return this.#workers.values()
  }

  summaries(): WorkerSummary[] {
    return [...this.#workers.values()].map(({ id, node, state, actors, lease }) => {
      return { workerId: id, nodeId: node.id, state, actorIds: [...actors], isLeased: lease !== undefined }
    })
  }

  nodeSummaries(): NodeView[] {
    return [...this.#nodes.values()].map(({ id, epoch, labels, slot, workers, actorCount }) => {
      const [total, available] = [slot.ledger.total(), slot.ledger.available()]
      const { gpuCount, gpus: known } = slot.ledger
      const gpus = Array.from({ length: gpuCount }, (_, index) => known.at(index))
      return { nodeId: id, epoch, labels, total, available, gpus, workerCount: workers.size, actorCount }
    })
  }

  join({ nodeId, epoch, resources, labels, spareWorkers, isRemote }: NodeTerms): NodeRecord {
    const slot = { ledger: NodeLedger.ofNode(resources), bundle: undefined, resuming: new Set<LeaseRecord>() }
    const node = {
      id: nodeId,
      epoch,
      labels,
      isRemote,
      slot,
      spareTarget: spareWorkers,
      spare: new Set<WorkerRecord>(),
      idle: [],
      shared: new Set<WorkerRecord>(),
      workers: new Set<WorkerRecord>(),
      actorCount: 0,
      foreign: [],
      reportNumber: 0,
      isPaused: false,
    }
    const record: NodeRecord = Object.assign(node, {
      slot: Object.assign(slot, { node: node as unknown as NodeRecord }),
    })
    this.#nodes.set(nodeId, record)
    this.#hadNodes = true
    if (spareWorkers > 0) this.#lacksSpares.add(record)
    return record
  }

  /** The node is gone; its workers are still known until they are removed. */
  leave(node: NodeRecord): void {
    this.#nodes.delete(node.id)
    this.#lacksSpares.delete(node)
  }

  get(workerId: WorkerId | undefined): WorkerRecord | undefined {
    return workerId === undefined ? undefined : this.#workers.get(workerId)
  }

  /** The node a realm belongs to; undefined when it is not known any more. */
  nodeOf(realm: RealmId): NodeId | undefined {
    return this.#nodes.get(realm)?.id ?? this.#workers.get(realm)?.node.id
  }

  /** Whether this names a worker that was started once and has ended. */
  hasEnded(realm: RealmId): boolean {
    if (this.#workers.has(realm)) return false
    const [, number] = /\.w(\d+)$/.exec(realm) ?? []
    return number !== undefined && Number(number) < this.#nextWorker
  }

  /** A worker on which nothing ever ran. */
  fresh(node: NodeRecord): WorkerRecord {
    const [spare] = node.spare
    if (spare === undefined) return this.#start(node)
    node.spare.delete(spare)
    this.#lacksSpares.add(node)
    return spare
  }

  /** A worker for tasks: an idle one before a new one. */
  forTasks(node: NodeRecord): WorkerRecord {
    // The last one used is the warmest; the others can be let go.
    const idle = node.idle.pop()
    if (idle === undefined) return this.fresh(node)
    idle.idleSinceMs = undefined
    return idle
  }

  /** It has nothing to do any more. */
  rest(worker: WorkerRecord, nowMs: number): void {
    worker.idleSinceMs = nowMs
    worker.node.idle.push(worker)
  }

  /** Whether some have nothing to do that could be let go in time. */
  get hasSurplus(): boolean {
    for (const { idle, slot } of this.#nodes.values())
      if (idle.length > 1 && idle.length > keepCountOf(slot)) return true
    return false
  }

  /** Idle workers that are not needed to keep all CPUs busy, and have had no work since then. */
  *unneeded(sinceMs: number): Generator<WorkerRecord> {
    for (const { idle, slot } of this.#nodes.values()) {
      const surplus = idle.slice(0, Math.max(0, idle.length - keepCountOf(slot)))
      for (const worker of surplus) if ((worker.idleSinceMs ?? sinceMs) < sinceMs) yield worker
    }
  }

  /** A worker for a light actor: up to one a CPU, then the least filled. */
  forLightActor(node: NodeRecord): WorkerRecord {
    const limit = Math.max(1, Math.min(maxShared, Math.floor(node.slot.ledger.cpuCount)))
    if (node.shared.size < limit) {
      const worker = this.fresh(node)
      node.shared.add(worker)
      return worker
    }
    let least: WorkerRecord | undefined
    for (const worker of node.shared) if (least === undefined || worker.actors.size < least.actors.size) least = worker
    return least!
  }

  /** Starts the spare workers that are missing. */
  refill(): void {
    for (const node of this.#lacksSpares) {
      if (node.isPaused) continue
      while (node.spare.size < node.spareTarget) node.spare.add(this.#start(node))
      this.#lacksSpares.delete(node)
    }
  }

  /** It is to end: nothing new is put on it. False: it was ending already. */
  retire(worker: WorkerRecord): boolean {
    if (worker.state === 'stopping') return false
    worker.state = 'stopping'
    this.#withdraw(worker)
    return true
  }

  remove(worker: WorkerRecord, failedToStart: boolean): void {
    this.#workers.delete(worker.id)
    worker.node.workers.delete(worker)
    if (failedToStart && worker.node.spare.has(worker)) worker.node.spareTarget--
    this.#withdraw(worker)
  }

  #withdraw(worker: WorkerRecord): void {
    const { node } = worker
    if (node.spare.delete(worker) && this.#nodes.get(node.id) === node) this.#lacksSpares.add(node)
    node.shared.delete(worker)
    if (worker.idleSinceMs !== undefined) node.idle.splice(node.idle.indexOf(worker), 1)
    worker.idleSinceMs = undefined
  }

  /** What its nodes and workers do not tell. */
  get counters(): { readonly nextWorker: number; readonly hadNodes: boolean } {
    return { nextWorker: this.#nextWorker, hadNodes: this.#hadNodes }
  }

  /** Goes on where another pool was. */
  restore({ nextWorker, hadNodes }: { readonly nextWorker: number; readonly hadNodes: boolean }): void {
    this.#nextWorker = nextWorker
    this.#hadNodes = hadNodes
  }

  /** A worker that another pool has started. */
  adopt(worker: WorkerRecord): void {
    this.#workers.set(worker.id, worker)
    worker.node.workers.add(worker)
  }

  #start(node: NodeRecord): WorkerRecord {
    const id = `${node.id}.w${this.#nextWorker++}`
    const worker: WorkerRecord = {
      id,
      node,
      state: 'starting',
      actors: new Set(),
      lease: undefined,
      idleSinceMs: undefined,
    }
    this.#workers.set(id, worker)
    node.workers.add(worker)
    this.#onStart(worker)
    return worker
  }
}

// As many as can run at once, so that the next tasks need not wait for a start.
function keepCountOf({ ledger }: Slot): number {
  return Math.max(1, Math.ceil(ledger.cpuCount))
}

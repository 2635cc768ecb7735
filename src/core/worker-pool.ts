import type { ActorId, NodeId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { Allocation, ResourceRequest } from '../protocol/specs.ts'
import { NodeLedger, type NodeResources } from './node-ledger.ts'

/** A node as the coordinator knows it. */
export interface NodeRecord {
  readonly id: NodeId
  readonly ledger: NodeLedger
  /** How many spare workers to keep; fewer when they cannot start. */
  spareTarget: number
  /** Workers nothing ever ran on: the next actor takes one. */
  readonly spare: Set<WorkerId>
  /** Workers that ran tasks and have no lease now. */
  readonly idle: Set<WorkerId>
  /** Workers that light actors share. */
  readonly shared: Set<WorkerRecord>
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
}

/** A worker lent to a realm for its tasks. */
export interface LeaseRecord {
  readonly leaseId: string
  readonly realm: RealmId
  readonly request: ResourceRequest
  allocation: Allocation
  /** Its task waits; the allocation is without CPUs meanwhile. */
  isBlocked: boolean
  readonly workerId: WorkerId
}

/** A worker as the state API shows it. */
export interface WorkerSummary {
  readonly workerId: WorkerId
  readonly nodeId: string
  readonly state: WorkerState
  readonly actorIds: readonly ActorId[]
  readonly isLeased: boolean
}

/** More workers than this are never shared by light actors: they are there to save memory, not to compute. */
const maxShared = 8

/** The workers of all nodes, and which of them can be had. */
export class WorkerPool {
  readonly #nodes = new Map<NodeId, NodeRecord>()
  readonly #workers = new Map<WorkerId, WorkerRecord>()
  readonly #onStart: (worker: WorkerRecord) => void
  #nextWorker = 1

  constructor(onStart: (worker: WorkerRecord) => void) {
    this.#onStart = onStart
  }

  get nodes(): Iterable<NodeRecord> {
    return this.#nodes.values()
  }

  get hasNodes(): boolean {
    return this.#nodes.size > 0
  }

  get workers(): Iterable<WorkerRecord> {
    return this.#workers.values()
  }

  summaries(): WorkerSummary[] {
    return [...this.#workers.values()].map(({ id, node, state, actors, lease }) => {
      return { workerId: id, nodeId: node.id, state, actorIds: [...actors], isLeased: lease !== undefined }
    })
  }

  join(nodeId: NodeId, resources: NodeResources, spareTarget: number): void {
    const ledger = new NodeLedger(resources)
    this.#nodes.set(nodeId, { id: nodeId, ledger, spareTarget, spare: new Set(), idle: new Set(), shared: new Set() })
  }

  get(workerId: WorkerId | undefined): WorkerRecord | undefined {
    return workerId === undefined ? undefined : this.#workers.get(workerId)
  }

  /** Whether this names a worker that was started once and has ended. */
  hasEnded(realm: RealmId): boolean {
    const [, nodeId, number] = /^(.*)\.w(\d+)$/.exec(realm) ?? []
    return (
      nodeId !== undefined && this.#nodes.has(nodeId) && Number(number) < this.#nextWorker && !this.#workers.has(realm)
    )
  }

  /** A worker on which nothing ever ran. */
  fresh(node: NodeRecord): WorkerRecord {
    const spare = first(node.spare)
    if (spare === undefined) return this.#start(node)
    node.spare.delete(spare)
    return this.#workers.get(spare)!
  }

  /** A worker for tasks: an idle one before a new one. */
  forTasks(node: NodeRecord): WorkerRecord {
    // The last one used is the warmest; the others can be let go.
    const idle = last(node.idle)
    if (idle === undefined) return this.fresh(node)
    node.idle.delete(idle)
    return this.#workers.get(idle)!
  }

  /** A worker for a light actor: up to one a CPU, then the least filled. */
  forLightActor(node: NodeRecord): WorkerRecord {
    const limit = Math.max(1, Math.min(maxShared, Math.floor(node.ledger.total()['CPU'] ?? 1)))
    if (node.shared.size < limit) {
      const worker = this.fresh(node)
      node.shared.add(worker)
      return worker
    }
    return [...node.shared].reduce((least, worker) => (worker.actors.size < least.actors.size ? worker : least))
  }

  /** Starts the spare workers that are missing. */
  refill(): void {
    for (const node of this.#nodes.values()) {
      while (node.spare.size < node.spareTarget) node.spare.add(this.#start(node).id)
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
    if (failedToStart && worker.node.spare.has(worker.id)) worker.node.spareTarget--
    this.#withdraw(worker)
  }

  #withdraw(worker: WorkerRecord): void {
    worker.node.spare.delete(worker.id)
    worker.node.idle.delete(worker.id)
    worker.node.shared.delete(worker)
  }

  #start(node: NodeRecord): WorkerRecord {
    const id = `${node.id}.w${this.#nextWorker++}`
    const worker: WorkerRecord = { id, node, state: 'starting', actors: new Set(), lease: undefined }
    this.#workers.set(id, worker)
    this.#onStart(worker)
    return worker
  }
}

function last<T>(set: ReadonlySet<T>): T | undefined {
  let item: T | undefined
  for (item of set);
  return item
}

function first<T>(set: ReadonlySet<T>): T | undefined {
  return set.values().next().value
}

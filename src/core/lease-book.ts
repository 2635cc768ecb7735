import type { RealmId, WorkerId } from '../protocol/ids.ts'
import type { Allocation, ResourceRequest } from '../protocol/specs.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import type { ClusterCommand } from './cluster-events.ts'
import type { LeaseRecord, NodeRecord, WorkerPool, WorkerRecord } from './worker-pool.ts'

interface Terms {
  readonly leaseId: string
  readonly realm: RealmId
  readonly request: ResourceRequest
}

/** Which workers are lent to whom, and which of their tasks wait without CPUs. */
export class LeaseBook {
  readonly #pool: WorkerPool
  readonly #emit: (command: ClusterCommand) => void
  readonly #leases = new Map<string, LeaseRecord>()
  /** Leases whose tasks want their CPUs again, in order. */
  readonly #resuming = new Map<string, { readonly lease: LeaseRecord; readonly node: NodeRecord }>()

  constructor(pool: WorkerPool, emit: (command: ClusterCommand) => void) {
    this.#pool = pool
    this.#emit = emit
  }

  place({ leaseId, realm, request }: Terms, node: NodeRecord, allocation: Allocation): void {
    const worker = this.#pool.forTasks(node)
    const lease: LeaseRecord = { leaseId, realm, request, allocation, workerId: worker.id, isBlocked: false }
    worker.lease = lease
    this.#leases.set(leaseId, lease)
    this.grantOn(worker)
  }

  /** Tells the holder of a worker's lease that the worker is there. */
  grantOn(worker: WorkerRecord): void {
    if (worker.state !== 'ready' || worker.lease === undefined) return
    const { leaseId, realm, workerId, allocation } = worker.lease
    this.#emit({ type: 'grantLease', leaseId, realm, workerId, gpuIds: allocation.gpuIds })
  }

  workerOf(leaseId: string): WorkerId | undefined {
    return this.#leases.get(leaseId)?.workerId
  }

  giveBack(leaseId: string): void {
    const lease = this.#leases.get(leaseId)
    if (lease === undefined) return
    this.#leases.delete(leaseId)
    this.#resuming.delete(leaseId)
    const worker = this.#pool.get(lease.workerId)
    // While its worker is being ended, what ran there may still use what it was given.
    if (worker === undefined || worker.state === 'stopping') return
    worker.node.ledger.release(lease.allocation)
    worker.lease = undefined
    worker.node.idle.add(worker.id)
  }

  workerExited({ lease, node }: WorkerRecord, exit: WorkerExit): void {
    if (lease === undefined) return
    node.ledger.release(lease.allocation)
    this.#resuming.delete(lease.leaseId)
    if (!this.#leases.delete(lease.leaseId)) return
    this.#emit({ type: 'endLease', leaseId: lease.leaseId, realm: lease.realm, exit })
  }

  /** A realm is gone: the workers lent to it, whose tasks may still run. */
  takeFrom(realm: RealmId): WorkerId[] {
    const held = [...this.#leases.values()].filter((lease) => lease.realm === realm)
    for (const { leaseId } of held) this.#leases.delete(leaseId)
    return held.map(({ workerId }) => workerId)
  }

  /** Its task waits for others: its CPUs are free meanwhile. */
  block(leaseId: string): void {
    const found = this.#running(leaseId)
    if (found === undefined || found.lease.isBlocked) return
    const { lease, node } = found
    lease.isBlocked = true
    node.ledger.release({ request: cpusOf(lease.request), gpuIds: [] })
    lease.allocation = { request: { ...lease.request, cpu: 0 }, gpuIds: lease.allocation.gpuIds }
  }

  /** Its task wants to go on: it is told when it may. */
  unblock(leaseId: string): void {
    const found = this.#running(leaseId)
    if (found === undefined) return
    if (found.lease.isBlocked) this.#resuming.set(leaseId, found)
    else this.#emit({ type: 'resumeLease', leaseId, workerId: found.lease.workerId })
  }

  /** Lets tasks go on, first come first served. True: one still waits, and has the next CPU before anything new. */
  resume(): boolean {
    for (const [leaseId, { lease, node }] of this.#resuming) {
      if (node.ledger.acquire(cpusOf(lease.request)) === undefined) continue
      this.#resuming.delete(leaseId)
      lease.isBlocked = false
      lease.allocation = { request: lease.request, gpuIds: lease.allocation.gpuIds }
      this.#emit({ type: 'resumeLease', leaseId, workerId: lease.workerId })
    }
    return this.#resuming.size > 0
  }

  #running(leaseId: string): { lease: LeaseRecord; node: NodeRecord } | undefined {
    const lease = this.#leases.get(leaseId)
    const worker = this.#pool.get(lease?.workerId)
    return lease !== undefined && worker?.state === 'ready' ? { lease, node: worker.node } : undefined
  }
}

function cpusOf(request: ResourceRequest): ResourceRequest {
  return { cpu: request.cpu, gpu: 0, custom: {} }
}

import type { RealmId, WorkerId } from '../protocol/ids.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import type { Books } from './books.ts'
import { type Allocation, cpusOf, withoutCpus } from './demand.ts'
import { LeaseRecord, type LeaseTerms } from './lease-record.ts'
import type { Shape } from './shape.ts'
import type { Slot } from './slot.ts'
import type { WorkerRecord } from './worker-pool.ts'

/** Which workers are lent to whom, who waits for one, and which of their tasks wait without CPUs. */
export class LeaseBook {
  readonly #books: Books
  readonly #leases = new Map<string, LeaseRecord>()

  constructor(books: Books) {
    this.#books = books
  }

  get(leaseId: string): LeaseRecord | undefined {
    return this.#leases.get(leaseId)
  }

  get all(): Iterable<LeaseRecord> {
    return this.#leases.values()
  }

  /** A lease is wanted; it has a worker when `place` is called. Undefined: it was asked for before. */
  open(shape: Shape, terms: LeaseTerms): LeaseRecord | undefined {
    if (this.#leases.has(terms.leaseId)) return undefined
    const lease = new LeaseRecord(shape, terms)
    this.#leases.set(terms.leaseId, lease)
    return lease
  }

  /** A lease that another book knew. */
  adopt(lease: LeaseRecord): void {
    this.#leases.set(lease.leaseId, lease)
  }

  /** It has what it asked for. */
  place(lease: LeaseRecord, slot: Slot, allocation: Allocation): void {
    const worker = this.#books.pool.forTasks(slot.node)
    lease.worker = worker
    lease.slot = slot
    lease.allocation = allocation
    worker.lease = lease
    this.grantOn(worker)
  }

  /** Tells the holder of a worker's lease that the worker is there. */
  grantOn(worker: WorkerRecord): void {
    if (worker.state !== 'ready' || worker.lease === undefined) return
    const { leaseId, realm, allocation } = worker.lease
    this.#books.emit({ type: 'grantLease', leaseId, realm, workerId: worker.id, gpuIds: allocation!.gpuIds })
  }

  /** It is wanted no more. What ran there may still use what it was given while its worker is being ended. */
  giveBack(leaseId: string): void {
    const lease = this.#leases.get(leaseId)
    if (lease === undefined) return
    this.#forget(lease)
    if (lease.isQueued) return this.#books.scheduler.remove(lease)
    const { worker } = lease
    if (worker === undefined || worker.state === 'stopping') return
    if (worker.node.isRemote) this.#books.emit({ type: 'closeLease', leaseId, workerId: worker.id })
    this.#detach(worker, lease)
    this.#books.pool.rest(worker, this.#books.nowMs)
  }

  /** The worker is gone; its holder is told why. */
  workerExited(worker: WorkerRecord, exit: WorkerExit): void {
    const { lease } = worker
    if (lease === undefined) return
    this.#detach(worker, lease)
    if (!this.#forget(lease)) return
    this.#books.emit({ type: 'endLease', leaseId: lease.leaseId, realm: lease.realm, exit: lease.ending ?? exit })
  }

  /** Its node would not have it: it waits again. */
  takeOff(worker: WorkerRecord): LeaseRecord | undefined {
    const { lease } = worker
    if (lease === undefined) return undefined
    this.#detach(worker, lease)
    lease.worker = lease.slot = lease.allocation = undefined
    lease.isBlocked = false
    return this.#leases.get(lease.leaseId) === lease ? lease : undefined
  }

  /** A realm is gone: it waits for nothing more. The workers lent to it, whose tasks may still run, are the answer. */
  takeFrom(realm: RealmId): WorkerId[] {
    const workerIds: WorkerId[] = []
    for (const lease of this.#leases.values()) {
      if (lease.realm !== realm) continue
      this.#books.scheduler.remove(lease)
      if (lease.workerId !== undefined) workerIds.push(lease.workerId)
      this.#leases.delete(lease.leaseId)
    }
    return workerIds
  }

  /** It never had a worker, and never will. */
  drop(lease: LeaseRecord): void {
    this.#books.scheduler.remove(lease)
    this.#forget(lease)
  }

  #forget(lease: LeaseRecord): boolean {
    return this.#leases.get(lease.leaseId) === lease && this.#leases.delete(lease.leaseId)
  }

  #detach(worker: WorkerRecord, lease: LeaseRecord): void {
    worker.lease = undefined
    lease.slot!.resuming.delete(lease)
    this.#books.giveBack(lease.slot!, lease.allocation!)
  }

  // ---- tasks that wait

  /** Its task waits for others: its CPUs are free meanwhile. */
  block(leaseId: string): void {
    const lease = this.#running(leaseId)
    if (lease === undefined || lease.isBlocked) return
    const { demand, gpuIds } = lease.allocation!
    lease.isBlocked = true
    lease.demand = demand
    lease.allocation = { demand: withoutCpus(demand), gpuIds }
    this.#books.giveBack(lease.slot!, { demand: cpusOf(demand), gpuIds: [] })
  }

  /** Its task wants to go on: it is told when it may. */
  unblock(leaseId: string): void {
    const lease = this.#running(leaseId)
    if (lease === undefined) return
    if (!lease.isBlocked) return this.#emitResume(lease)
    lease.slot!.resuming.add(lease)
    this.#books.resumes.add(lease.slot!)
  }

  /** Lets tasks on a place go on, first come first served: nobody passes one that wants more CPUs. */
  resume(slot: Slot): void {
    for (const lease of slot.resuming) {
      const cpus = slot.ledger.acquire(cpusOf(lease.demand!))
      if (cpus === undefined) return
      slot.resuming.delete(lease)
      lease.isBlocked = false
      lease.allocation = { demand: lease.demand!, gpuIds: lease.allocation!.gpuIds }
      this.#emitResume(lease)
    }
    // What was kept for them is for others now.
    this.#books.scheduler.freed(slot)
  }

  #emitResume({ leaseId, workerId }: LeaseRecord): void {
    this.#books.emit({ type: 'resumeLease', leaseId, workerId: workerId! })
  }

  #running(leaseId: string): LeaseRecord | undefined {
    const lease = this.#leases.get(leaseId)
    return this.#books.pool.get(lease?.workerId)?.state === 'ready' ? lease : undefined
  }
}

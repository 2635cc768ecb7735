import type { ActorId, WorkerId } from '../protocol/ids.ts'
import { type Allocation, cpusOf, withoutCpus } from './demand.ts'
import type { GpuSet } from './gpu-set.ts'
import { NodeLedger, type NodeResources } from './node-ledger.ts'

interface Duty {
  allocation: Allocation
  isBlocked: boolean
}

/**
 * A node's own books: what its workers really use. The coordinator decides by books of its own; where they differ, the
 * node refuses, so that nothing it has is ever used twice.
 */
export class NodeAgent {
  readonly #ledger: NodeLedger
  /** What runs on each worker, by actor or lease. */
  readonly #duties = new Map<WorkerId, Map<ActorId, Duty>>()
  readonly #resuming = new Map<string, { readonly workerId: WorkerId; readonly allocation: Allocation }>()
  #foreign: readonly Allocation[]

  /** `foreign` is what it holds already, for somebody the coordinator does not know of. */
  constructor(resources: NodeResources, foreign: readonly Allocation[] = []) {
    this.#ledger = NodeLedger.ofNode(resources)
    this.#foreign = foreign.filter((allocation) => this.#ledger.take(allocation))
  }

  /** What is known of its GPUs. */
  get gpus(): GpuSet {
    return this.#ledger.gpus
  }

  get foreign(): readonly Allocation[] {
    return this.#foreign
  }

  /** What it held for somebody else is free. */
  dropForeign(): void {
    for (const allocation of this.#foreign) this.#ledger.release(allocation)
    this.#foreign = []
  }

  /** An actor or a lease gets a worker and what it asked for. False: it is not there, or the worker is taken. */
  assign(workerId: WorkerId, id: ActorId, allocation: Allocation): boolean {
    const duties = this.#duties.get(workerId)
    if (duties?.has(id)) return true
    // Tasks that want to go on come first.
    if (this.#resuming.size > 0 && allocation.demand.cpu > 0) return false
    if (!allocation.gpuIds.every((id) => this.#ledger.gpus.isUsable(id))) return false
    if (!this.#ledger.take(allocation)) return false
    const duty = { allocation, isBlocked: false }
    if (duties === undefined) this.#duties.set(workerId, new Map([[id, duty]]))
    else duties.set(id, duty)
    return true
  }

  /** All that was given out, by worker and by actor or lease. */
  get duties(): readonly { workerId: WorkerId; id: ActorId; allocation: Allocation; isBlocked: boolean }[] {
    return [...this.#duties].flatMap(([workerId, duties]) =>
      [...duties].map(([id, { allocation, isBlocked }]) => ({ workerId, id, allocation, isBlocked })),
    )
  }

  isAssigned(workerId: WorkerId, id: ActorId): boolean {
    return this.#duties.get(workerId)?.has(id) === true
  }

  /** It is over: the lease was given back, or the actor has ended on a worker that lives on. */
  unassign(workerId: WorkerId, id: ActorId): void {
    const duties = this.#duties.get(workerId)
    const duty = duties?.get(id)
    if (duty === undefined) return
    duties!.delete(id)
    this.#ledger.release(duty.allocation)
  }

  /** A leased worker's task waits: its CPUs are free meanwhile. */
  block(workerId: WorkerId, leaseId: string): void {
    const duty = this.#duties.get(workerId)?.get(leaseId)
    if (duty === undefined || duty.isBlocked) return
    const { demand, gpuIds } = duty.allocation
    this.#ledger.release({ demand: cpusOf(demand), gpuIds: [] })
    this.#duties.get(workerId)!.set(leaseId, { allocation: { demand: withoutCpus(demand), gpuIds }, isBlocked: true })
  }

  /** The coordinator lets it go on: it does as soon as its CPUs are there. */
  resume(workerId: WorkerId, leaseId: string, allocation: Allocation): void {
    if (this.isAssigned(workerId, leaseId)) this.#resuming.set(leaseId, { workerId, allocation })
  }

  /** The leases whose tasks have their CPUs again, first come first served. To be asked after every change. */
  takeResumed(): { readonly workerId: WorkerId; readonly leaseId: string }[] {
    const resumed: { workerId: WorkerId; leaseId: string }[] = []
    for (const [leaseId, { workerId, allocation }] of this.#resuming) {
      const duties = this.#duties.get(workerId)
      const duty = duties?.get(leaseId)
      if (duty?.isBlocked && !this.#ledger.take({ demand: cpusOf(allocation.demand), gpuIds: [] })) break
      this.#resuming.delete(leaseId)
      if (duty === undefined) continue
      duties!.set(leaseId, { allocation, isBlocked: false })
      resumed.push({ workerId, leaseId })
    }
    return resumed
  }

  workerExited(workerId: WorkerId): void {
    for (const { allocation } of this.#duties.get(workerId)?.values() ?? []) this.#ledger.release(allocation)
    this.#duties.delete(workerId)
  }

  /** Throws when the books do not say what was given out. */
  checkInvariants(): void {
    const given = [...this.#duties.values()].flatMap((duties) => [...duties.values()].map((duty) => duty.allocation))
    this.#ledger.checkInvariants([...this.#foreign, ...given])
  }
}

import { type Allocation, demandOf } from '../core/demand.ts'
import { NodeAgent } from '../core/node-agent.ts'
import type { NodeResources } from '../core/node-ledger.ts'
import type { GpuStatus } from '../protocol/gpu-provider.ts'
import type { ActorId, Incarnation, WorkerId } from '../protocol/ids.ts'
import type { ClusterSide } from './cluster-side.ts'

/** One life of an actor that a worker is wanted for. */
export interface ActorDuty {
  readonly type: 'actor'
  readonly actorId: ActorId
  readonly incarnation: Incarnation
  /** It shares its worker with others. */
  readonly isLight: boolean
}

/** What a worker is wanted for: one life of an actor, or tasks. */
export type Duty = ActorDuty | { readonly type: 'lease'; readonly leaseId: string }

/** Something that the coordinator places on a worker, and what it may use there. */
export interface Assignment {
  readonly workerId: WorkerId
  readonly duty: Duty
  readonly allocation: Allocation
}

/** By what a node's books know it: a stale life of an actor is another one than the next. */
export function dutyId(duty: Duty): string {
  if (duty.type === 'lease') return duty.leaseId
  return duty.incarnation === 0 ? duty.actorId : `${duty.actorId}#${duty.incarnation}`
}

/** What the books ask of the node they are for. */
interface BooksHost {
  readonly cluster: ClusterSide
  /** It runs and was not told to end. */
  isUsable(workerId: WorkerId): boolean
  /** Ends a worker; what it owns outlives it. */
  endWorker(workerId: WorkerId): void
  /** The tasks under a lease have their CPUs again. */
  resumed(workerId: WorkerId, leaseId: string): void
}

/**
 * A node's own books. Nothing that the coordinator places here begins before they have room for it; what they have no room
 * for is refused, with the word of what the node holds besides, and goes elsewhere.
 */
export class NodeBooks {
  readonly #host: BooksHost
  readonly #agent: NodeAgent
  /** Workers that end because there was no room for what was placed on them. */
  readonly #refused = new Set<WorkerId>()
  #reportCount = 0

  /** `withheld`: what it keeps for somebody that the coordinator does not know of. */
  constructor(host: BooksHost, resources: NodeResources, withheld: NodeResources) {
    this.#host = host
    this.#agent = new NodeAgent(resources, inUnits(withheld))
  }

  /** Takes an actor or a lease, or refuses it; the coordinator is told which. */
  assign(assignment: Assignment): void {
    const { workerId, duty } = assignment
    if (this.take(assignment)) this.#host.cluster.assigned(workerId, dutyId(duty))
  }

  /** The same, and the answer tells whether it was taken. */
  take({ workerId, duty, allocation }: Assignment): boolean {
    // It has ended or is about to: the coordinator hears of that.
    if (!this.#host.isUsable(workerId)) return false
    if (this.#agent.assign(workerId, dutyId(duty), allocation)) return true
    if (duty.type === 'actor' && duty.isLight) {
      this.#host.cluster.actorRefused(workerId, duty)
      this.#sayWithheld()
      return false
    }
    // Others may hold objects of it.
    this.#refused.add(workerId)
    this.#host.endWorker(workerId)
    return false
  }

  /** It is over there: what it had is free. */
  unassign(workerId: WorkerId, id: string): void {
    this.#agent.unassign(workerId, id)
    this.#resumeTasks()
  }

  /** The task under a lease waits: its CPUs are free meanwhile. */
  block(workerId: WorkerId, leaseId: string): void {
    this.#agent.block(workerId, leaseId)
    this.#resumeTasks()
  }

  /** It may go on as soon as its CPUs are there. */
  resume(workerId: WorkerId, leaseId: string, allocation: Allocation): void {
    this.#agent.resume(workerId, leaseId, allocation)
    this.#resumeTasks()
  }

  /** A worker has ended. True: because it was refused, which the coordinator has been told then. */
  workerExited(workerId: WorkerId): boolean {
    this.#agent.workerExited(workerId)
    this.#resumeTasks()
    if (!this.#refused.delete(workerId)) return false
    this.#host.cluster.workerRefused(workerId)
    this.#sayWithheld()
    return true
  }

  /** What is known of its GPUs has changed. */
  gpusChanged(all: readonly GpuStatus[]): void {
    this.#agent.gpus.change(all)
    this.#host.cluster.gpusChanged(all)
  }

  /** What was withheld is for the cluster from now on. */
  release(): void {
    this.#agent.dropForeign()
    this.#resumeTasks()
    this.#sayWithheld()
  }

  // After a refusal nothing is placed here until this is heard.
  #sayWithheld(): void {
    this.#host.cluster.nodeReported(this.#agent.foreign, ++this.#reportCount)
  }

  #resumeTasks(): void {
    for (const { workerId, leaseId } of this.#agent.takeResumed()) this.#host.resumed(workerId, leaseId)
  }
}

// One by one: the coordinator strikes out as much of it as it has not given out.
function inUnits({ cpus, gpus, custom }: NodeResources): Allocation[] {
  const none = { cpu: 0, gpu: 0, custom: {} }
  return [
    ...units(cpus).map((cpu) => ({ demand: demandOf({ ...none, cpu }), gpuIds: [] })),
    ...units(gpus).map((gpu, id) => ({ demand: demandOf({ ...none, gpu }), gpuIds: [id] })),
    ...Object.entries(custom).flatMap(([name, amount]) =>
      units(amount).map((unit) => ({ demand: demandOf({ ...none, custom: { [name]: unit } }), gpuIds: [] })),
    ),
  ]
}

function units(amount: number): number[] {
  return Array.from({ length: Math.ceil(amount) }, (_, i) => Math.min(1, amount - i))
}

import type { GpuStatus } from '../protocol/gpu-provider.ts'
import type { ActorId, Incarnation, NodeId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { ActorSpec } from '../protocol/specs.ts'
import type { ActorState, Death } from './cluster-events.ts'
import type { Allocation } from './demand.ts'

/** A life of an actor that a worker holds. */
export interface LifeReport {
  readonly spec: ActorSpec
  readonly incarnation: Incarnation
  readonly allocation: Allocation
  /** Its constructor has ended well. */
  readonly isMade: boolean
}

/** A lease that a worker works under. */
export interface LeaseReport {
  readonly leaseId: string
  /** What it has when its task runs. */
  readonly allocation: Allocation
  /** Its task waits for others, without CPUs. */
  readonly isBlocked: boolean
}

export interface WorkerReport {
  readonly workerId: WorkerId
  readonly isReady: boolean
  readonly lives: readonly LifeReport[]
  readonly lease: LeaseReport | undefined
}

/** A life that has ended on a node, and was perhaps not heard of. */
export interface EndedLife {
  readonly spec: ActorSpec
  readonly incarnation: Incarnation
  /** It ended by itself, or its constructor failed. */
  readonly death: Death | undefined
  /** A coordinator had wanted its end. */
  readonly wasOrdered: boolean
}

/** What a node says to a coordinator that takes over: all that it holds. A later report takes the place of an earlier one. */
export interface NodeReport {
  readonly nodeId: NodeId
  readonly epoch: number
  /** Grows with every report of this life of the node. */
  readonly number: number
  readonly workers: readonly WorkerReport[]
  readonly ended: readonly EndedLife[]
  /** What is known of its GPUs now; as before when it is not said. */
  readonly gpus?: readonly GpuStatus[]
  /** What it holds for somebody else. */
  readonly foreign: readonly Allocation[]
}

/** What a realm was last told of an actor. */
export interface HeardOf {
  readonly actorId: ActorId
  readonly incarnation: Incarnation
  readonly state: ActorState
}

/** What a realm says, once in a term: what it holds and what it waits for. */
export interface RealmReport {
  readonly realm: RealmId
  /** Its handles, by actor. Of those in `requested` the first one is not among them. */
  readonly holds: readonly (readonly [ActorId, number])[]
  /** What it was last told of the actors that it knows. */
  readonly heard: readonly HeardOf[]
  /** Actors it has asked for and that have not begun, as far as it has heard; whether their arguments are there, and whether it still holds them. */
  readonly requested: readonly { readonly spec: ActorSpec; readonly isReady: boolean; readonly isHeld: boolean }[]
  /** The leases that it has or waits for. */
  readonly leases: readonly string[]
}

/** What a node must end, because the coordinator that takes over has no use for it. */
export interface Endings {
  readonly workers: readonly WorkerId[]
  readonly lives: readonly {
    readonly workerId: WorkerId
    readonly actorId: ActorId
    readonly incarnation: Incarnation
  }[]
}

import type { EncodedThrown } from '../protocol/error-codec.ts'
import type { GpuStatus } from '../protocol/gpu-provider.ts'
import type { ActorId, Incarnation, NodeId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { ActorSpec, GroupSpec, ResourceRequest } from '../protocol/specs.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import type { Allocation } from './demand.ts'
import type { Amounts, NodeResources } from './node-ledger.ts'

/** Why an actor is dead, as a word that programs can test. */
export type DeathReason =
  | 'INIT_FAILED'
  | 'KILLED'
  | 'INTENDED_USER_EXIT'
  | 'OUT_OF_SCOPE'
  | 'OWNER_DIED'
  | 'WORKER_DIED'
  | 'DEPENDENCY_FAILED'
  | 'UNSCHEDULABLE'
  | 'NODE_DIED'
  | 'PLACEMENT_GROUP_REMOVED'

export interface Death {
  readonly reason: DeathReason
  /** A sentence for people. */
  readonly message: string
  readonly exitCode?: number
  /** Its worker ran out of memory. */
  readonly isOutOfMemory?: boolean
  /** Its GPU device was lost. */
  readonly isGpuLost?: boolean
  /** What the constructor threw. */
  readonly cause?: EncodedThrown
  readonly refusal?: Refusal
}

/** What happened. Every event names what it is about; stale ones (by incarnation) are dropped. */
export type ClusterEvent =
  | {
      readonly type: 'nodeJoined'
      readonly nodeId: NodeId
      readonly resources: NodeResources
      readonly spareWorkers: number
      /** Grows each time a node of this name comes back; 0 when it is not said. */
      readonly epoch?: number
      readonly labels?: Readonly<Record<string, string>>
      /** It is not the coordinator's own: it keeps books of its own and may refuse. */
      readonly isRemote?: boolean
    }
  | { readonly type: 'nodeLost'; readonly nodeId: NodeId; readonly epoch?: number }
  /** After it has refused something: what it holds that the coordinator does not know of. */
  | {
      readonly type: 'nodeReported'
      readonly nodeId: NodeId
      readonly epoch?: number
      readonly foreign: readonly Allocation[]
      /** Grows with every report of this life of the node: an older one says nothing new. */
      readonly number: number
    }
  /** What is known of each of its GPUs, which were found out, lost, or are back. */
  | {
      readonly type: 'nodeGpusChanged'
      readonly nodeId: NodeId
      readonly epoch?: number
      readonly gpus: readonly GpuStatus[]
    }
  | { readonly type: 'groupRequested'; readonly spec: GroupSpec }
  | { readonly type: 'groupRemoved'; readonly groupId: string }
  | { readonly type: 'actorRequested'; readonly spec: ActorSpec; readonly isReady: boolean }
  | { readonly type: 'actorDependenciesReady'; readonly actorId: ActorId }
  | { readonly type: 'actorStarted'; readonly actorId: ActorId; readonly incarnation: Incarnation }
  | {
      readonly type: 'actorFailed'
      readonly actorId: ActorId
      readonly incarnation: Incarnation
      readonly death: Death
    }
  | { readonly type: 'actorEnded'; readonly actorId: ActorId; readonly incarnation: Incarnation; readonly death: Death }
  | { readonly type: 'actorKilled'; readonly actorId: ActorId; readonly mayRestart: boolean; readonly death: Death }
  | { readonly type: 'actorDismissed'; readonly actorId: ActorId; readonly death: Death }
  /** The worker it shared with others has let go of it. */
  | { readonly type: 'actorDropped'; readonly actorId: ActorId; readonly incarnation: Incarnation }
  | { readonly type: 'handlesGranted'; readonly actorId: ActorId; readonly realm: RealmId; readonly count: number }
  | { readonly type: 'handlesReleased'; readonly actorId: ActorId; readonly realm: RealmId; readonly count: number }
  /** Some time after a take-over: all realms have said what they hold. What nobody holds may end again. */
  | { readonly type: 'holdersKnown' }
  | {
      readonly type: 'leaseRequested'
      readonly leaseId: string
      readonly realm: RealmId
      readonly request: ResourceRequest
      readonly waitForResources: boolean
      /** The node where its large arguments are. */
      readonly nearNodeId?: NodeId
    }
  | { readonly type: 'leaseReturned'; readonly leaseId: string }
  | { readonly type: 'leaseRevoked'; readonly leaseId: string }
  /** The task that runs on it waits: its CPUs are free meanwhile. */
  | { readonly type: 'leaseBlocked'; readonly leaseId: string }
  | { readonly type: 'leaseUnblocked'; readonly leaseId: string }
  | { readonly type: 'workerReady'; readonly workerId: WorkerId }
  | { readonly type: 'workerExited'; readonly workerId: WorkerId; readonly exit: WorkerExit }
  /** The node's own books have no room for this actor, which was to share a worker with others. */
  | { readonly type: 'actorRefused'; readonly actorId: ActorId; readonly incarnation: Incarnation }
  /** The node will not start this worker, or has no room for what was placed on it: it has ended it. */
  | { readonly type: 'workerRefused'; readonly workerId: WorkerId }
  /** The coordinator's time goes on; it is the shell's to tell, about once a second. */
  | { readonly type: 'timePassed'; readonly nowMs: number; readonly mayEndIdle?: boolean }
  | { readonly type: 'ownerEnded'; readonly owner: RealmId | ActorId }

/** Where a report comes from: one life of a node. */
export interface Origin {
  readonly nodeId: NodeId
  readonly epoch: number
}

/** What the shell must do. */
export type ClusterCommand =
  /** The task has its CPUs again and may go on. */
  | { readonly type: 'resumeLease'; readonly leaseId: string; readonly workerId: WorkerId }
  | { readonly type: 'startWorker'; readonly workerId: WorkerId; readonly nodeId: NodeId }
  /** Graceful: nothing runs there any more, and what it owns outlives it. Else it ends at once, whatever it does. */
  | { readonly type: 'stopWorker'; readonly workerId: WorkerId; readonly isGraceful: boolean }
  | {
      readonly type: 'createActor'
      readonly actorId: ActorId
      readonly incarnation: Incarnation
      readonly workerId: WorkerId
      readonly gpuIds: readonly number[]
    }
  /** Graceful: what is queued runs, dispose hooks run, then `actorEnded` comes back. */
  | {
      readonly type: 'dismissActor'
      readonly actorId: ActorId
      readonly incarnation: Incarnation
      readonly workerId: WorkerId
      readonly death: Death
    }
  /** At once, on a worker that other actors share; then `actorDropped` comes back. */
  | {
      readonly type: 'dropActor'
      readonly actorId: ActorId
      readonly incarnation: Incarnation
      readonly workerId: WorkerId
    }
  | { readonly type: 'publishActor'; readonly actorId: ActorId }
  | {
      readonly type: 'grantLease'
      readonly leaseId: string
      readonly realm: RealmId
      readonly workerId: WorkerId
      readonly gpuIds: readonly number[]
    }
  | { readonly type: 'refuseLease'; readonly leaseId: string; readonly realm: RealmId; readonly refusal: Refusal }
  /** The worker of a remote node is lent no more. */
  | { readonly type: 'closeLease'; readonly leaseId: string; readonly workerId: WorkerId }
  | { readonly type: 'publishGroup'; readonly groupId: string }
  /** Something has waited for long: why, as a sentence for people. */
  | { readonly type: 'reportPending'; readonly text: string }
  | { readonly type: 'endLease'; readonly leaseId: string; readonly realm: RealmId; readonly exit: WorkerExit }

export type ActorState = 'DEPENDENCIES_UNREADY' | 'PENDING_CREATION' | 'ALIVE' | 'RESTARTING' | 'DEAD'

/** An actor as the coordinator sees it. */
export interface ActorView {
  readonly actorId: ActorId
  readonly className: string
  readonly name: string | undefined
  readonly namespace: string
  readonly state: ActorState
  readonly incarnation: Incarnation
  readonly workerId: WorkerId | undefined
  readonly nodeId: NodeId | undefined
  readonly gpuIds: readonly number[]
  readonly restartCount: number
  readonly death: Death | undefined
  /** How the worker of its last life ended. */
  readonly lastExit: WorkerExit | undefined
  /** Why it is not alive yet, as a sentence for people; only in lists. */
  readonly pendingReason: string | undefined
}

/** Why a request can never be met: what was asked, and the most that any node has. */
export interface Refusal {
  readonly message: string
  readonly requested: Amounts
  readonly available: Amounts
  /** The placement group it names is no more. */
  readonly isGroupRemoved?: boolean
}

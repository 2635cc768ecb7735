import type { NodeId, WorkerId } from './ids.ts'
import type { DefinitionSpec } from './specs.ts'

/** How a worker ended. */
export interface WorkerExit {
  /** A clause for people: "exited with code 3", "was terminated". */
  readonly reason: string
  readonly exitCode?: number
  readonly isOutOfMemory?: boolean
  /** It never became ready: `reason` says why. */
  readonly failedToStart?: boolean
  /** Its whole node is gone. */
  readonly isNodeLost?: boolean
  /** The placement group it was in was removed. */
  readonly isGroupRemoved?: boolean
}

/** What a worker is told when it starts. */
export interface WorkerConfig {
  readonly workerId: WorkerId
  readonly nodeId: NodeId
  readonly driverId: string
  readonly namespace: string
  readonly logToDriver: boolean
  /** A task to run once in every worker before anything else. */
  readonly setup?: DefinitionSpec
}

import type { NodeId, WorkerId } from './ids.ts'
import type { DefinitionSpec } from './specs.ts'

/** How a worker ended. */
export interface WorkerExit {
  /** A clause for people: "exited with code 3", "was terminated". */
  readonly reason: string
  readonly exitCode?: number
  readonly isOutOfMemory?: boolean
  /** The GPU device that its actor or task worked with was lost. */
  readonly isGpuLost?: boolean
  /** It never became ready: `reason` says why. */
  readonly failedToStart?: boolean
  /** Its whole node is gone. */
  readonly isNodeLost?: boolean
  /** The placement group it was in was removed. */
  readonly isGroupRemoved?: boolean
}

/** What a worker must know of other workers from its start on. */
export interface RealmsBefore {
  /** Those that have ended, in spans of neighbouring numbers. */
  readonly ended: readonly { readonly nodeId: NodeId; readonly first: number; readonly last: number }[]
  /** The main realms among them. */
  readonly endedNodes: readonly NodeId[]
  readonly leaving: readonly WorkerId[]
}

/** What a worker is told when it starts. */
export interface WorkerConfig {
  readonly workerId: WorkerId
  /** How people see it, by what it is started for: `Counter#3`. */
  readonly name: string
  readonly nodeId: NodeId
  /** The realm of the coordinator. */
  readonly driverId: string
  /** The main realm of the worker's node: it has started the worker. */
  readonly mainId: string
  readonly namespace: string
  readonly logToDriver: boolean
  /** The name of the driver's run, the same in all of its realms and never used again. */
  readonly runId: string
  readonly sharesMemory: boolean
  readonly sharesAlways: boolean
  readonly isDevelopment: boolean
  /** How many calls it remembers for `timeline()`; 0: none. */
  readonly timelineEvents: number
  /** How much of objects it may keep in memory at first. */
  readonly memoryBytes: number
  /** What went before it: the workers that have ended, and those that hand their objects over. */
  readonly past: RealmsBefore
  /** A task to run once in every worker before anything else. */
  readonly setup?: DefinitionSpec
}

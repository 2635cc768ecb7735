import type { Args } from './arguments.ts'
import type { AnyFunction, Constructor, GpuOptions } from './common.ts'
import type { NumReturns, Refs, Remote } from './methods.ts'
import type { PlacementGroup, PlacementGroupBundle, SchedulingStrategy } from './scheduling.ts'

/** Options of a task. Times are in milliseconds. */
export interface TaskOptions {
  /** CPUs the task takes while it runs. Default 1. */
  numCpus?: number
  numGpus?: number
  /** What each of its GPUs must have: it is placed where that is, and refused when that is nowhere. */
  gpu?: GpuOptions
  resources?: Readonly<Record<string, number>>
  /** How often a task is run again after its worker crashed. Default 3; -1: without end. */
  maxRetries?: number
  /** Run again after an error of the task's own: any, or those of the listed classes. */
  retryExceptions?: boolean | readonly Constructor[]
  timeout?: number
  signal?: AbortSignal
  name?: string
  /** Wait for a node that fits instead of refusing. */
  waitForResources?: boolean
  schedulingStrategy?: SchedulingStrategy
  /** Runs in what this group has set apart: in any of its bundles, or in one. */
  placementGroup?: PlacementGroup | PlacementGroupBundle
  /** For generators: never more than this many unread items exist. */
  backpressure?: number
}
type ResultOf<F extends AnyFunction> = Awaited<ReturnType<F>>
/** A remote function. It has no call signature: start it with `.remote(...)`. */
export interface RemoteTask<F extends AnyFunction> {
  /** Starts the task and returns at once a ref to its result. */
  readonly remote: Remote<F>['remote']
  options<N extends NumReturns<ResultOf<F>> = 1 & NumReturns<ResultOf<F>>>(
    options: TaskOptions & { readonly numReturns?: N },
  ): { readonly remote: [N] extends [1] ? Remote<F>['remote'] : (...args: Args<Parameters<F>>) => Refs<ResultOf<F>, N> }
}

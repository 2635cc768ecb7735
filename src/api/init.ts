import { host } from '#host'
import { AlreadyInitializedError } from '../protocol/errors.ts'
import type { Capability } from '../protocol/platform.ts'
import {
  checkAmount,
  checkBoolean,
  checkKeys,
  checkNumber,
  checkOneOf,
  checkResources,
  checkString,
} from '../runtime/checks.ts'
import { realmState } from '../runtime/registry.ts'
import type { Runtime as RealmRuntime } from '../runtime/runtime.ts'
import { currentRuntime, start, stop } from './current.ts'
import { definitionOf } from './definitions.ts'
import { checkNodeName } from './node-name.ts'
import type { InitOptions } from './types/init.ts'

/** A started runtime. `await using runtime = await init()` ends it with the block. */
export interface Runtime extends AsyncDisposable {
  readonly nodeId: string
  /** Ends all workers; everything pending rejects with RuntimeShutdownError. */
  shutdown(): Promise<void>
}

const known = [
  'numCpus',
  'numGpus',
  'softwareGpu',
  'resources',
  'objectStoreMemory',
  'sharedMemory',
  'labels',
  'namespace',
  'name',
  'host',
  'worker',
  'workerUrl',
  'workerMemory',
  'startTimeout',
  'pingTimeout',
  'logToDriver',
  'workerSetup',
  'spareWorkers',
  'deadlock',
  'timeline',
]

/**
 * Starts the runtime of this page or process. Optional: the first `.remote()` starts one with the defaults. Rejects with
 * AlreadyInitializedError when one runs.
 */
export async function init(options: InitOptions = {}): Promise<Runtime> {
  checkInit(options)
  const running = currentRuntime()
  if (running !== undefined || realmState().isWorker) {
    throw new AlreadyInitializedError(
      running?.isDriver === false || realmState().isWorker
        ? 'init() was called in a worker, which has a runtime of its own. If it is the driver part of a module that also holds actors, guard it with if (isDriver()) { ... } or move it to a module of its own.'
        : 'A runtime is running already (init was called before, or a .remote() started one). Call await shutdown() first, or isInitialized() to look.',
    )
  }
  const runtime = start(options)
  await runtime.joined
  return publicRuntime(runtime)
}

function publicRuntime(runtime: RealmRuntime): Runtime {
  return {
    nodeId: runtime.nodeId,
    shutdown: () => stop(runtime),
    [Symbol.asyncDispose]: () => stop(runtime),
  }
}

function checkInit(options: InitOptions): void {
  const where = 'init'
  checkKeys(options, known, where)
  checkAmount(options.numCpus, 'numCpus', where)
  checkNumber(options.numGpus, { name: 'numGpus', where, min: 0, isInteger: true })
  checkBoolean(options.softwareGpu, 'softwareGpu', where)
  checkBoolean(options.logToDriver, 'logToDriver', where)
  checkResources(options.resources, where)
  checkNumber(options.objectStoreMemory, { name: 'objectStoreMemory', where, min: 1, isInteger: true })
  checkOneOf(options.sharedMemory, ['auto', 'off'], 'sharedMemory', where)
  for (const [label, value] of Object.entries(options.labels ?? {})) checkString(value, `labels.${label}`, where)
  checkString(options.namespace, 'namespace', where)
  checkNodeName(options.name, where)
  checkOneOf(options.host, ['inline'], 'host', where)
  checkOneOf(options.deadlock, ['warn', 'error'], 'deadlock', where)
  if (options.workerSetup !== undefined && definitionOf(options.workerSetup)?.hasSource !== true)
    throw new TypeError(
      `${where}: workerSetup must be a task, made by task(fn, import.meta) in a module that workers can import.`,
    )
  checkNumber(options.pingTimeout, { name: 'pingTimeout', where, min: 0 })
  checkNumber(options.workerMemory, { name: 'workerMemory', where, min: 2 ** 20, isInteger: true })
  checkNumber(options.spareWorkers, { name: 'spareWorkers', where, min: 0, isInteger: true })
  checkNumber(options.startTimeout, { name: 'startTimeout', where, min: 1 })
  checkTimeline(options.timeline)
  if (options.worker !== undefined && typeof options.worker !== 'function')
    throw new TypeError(`${where}: worker must be a function that returns a Worker.`)
}

function checkTimeline(timeline: InitOptions['timeline']): void {
  if (timeline === undefined || timeline === false) return
  if (typeof timeline !== 'object' || timeline === null)
    throw new TypeError('init: timeline must be false or { events: n }.')
  checkKeys(timeline, ['events'], 'init.timeline')
  checkNumber(timeline.events, { name: 'timeline.events', where: 'init', min: 1, isInteger: true })
  if (timeline.events === Number.POSITIVE_INFINITY)
    throw new RangeError('init: timeline.events must be finite: it bounds what each realm remembers.')
}

/** Ends the runtime of this realm: all workers end, everything pending rejects with RuntimeShutdownError. */
export async function shutdown(): Promise<void> {
  const runtime = realmState().runtime as RealmRuntime | undefined
  if (runtime?.isDriver) await stop(runtime)
}

/** Whether a runtime runs in this realm. */
export function isInitialized(): boolean {
  return currentRuntime() !== undefined
}

/** False in workers. Guards the driver part of a module that also holds actors. */
export function isDriver(): boolean {
  return !realmState().isWorker && currentRuntime()?.isDriver !== false
}

/** What this platform can do, and why it cannot do the rest. */
export async function capabilities(): Promise<Record<string, Capability>> {
  return host.capabilities()
}

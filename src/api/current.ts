import { host } from '#host'
import { currentCallIfKnown } from '../runtime/context.ts'
import { type DriverOptions, startDriver } from '../runtime/driver.ts'
import { foundGpus, wantedGpus } from '../runtime/found-gpus.ts'
import { realmState } from '../runtime/registry.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { defaultTimelineEvents } from '../runtime/timeline.ts'
import { definitionOf } from './definitions.ts'
import { newNodeName } from './node-name.ts'
import type { InitOptions } from './types/init.ts'

/** The runtime of the running call, or of this realm; undefined before the first use. */
export function currentRuntime(): Runtime | undefined {
  return currentCallIfKnown()?.runtime ?? (realmState().runtime as Runtime | undefined)
}

/** The runtime of this realm; the first use in a driver starts one. */
export function requireRuntime(): Runtime {
  const runtime = currentRuntime()
  if (runtime !== undefined) return runtime
  if (realmState().isWorker) {
    throw new Error(
      'This worker has no runtime yet: actors and tasks can be started once the node has started it, not while its modules load.',
    )
  }
  return start({})
}

/** Starts the runtime of this realm. Its `joined` resolves when it can start workers and knows its GPUs. */
export function start(options: InitOptions): Runtime {
  const realm = realmState()
  const driver: DriverOptions = {
    namespace: options.namespace ?? 'default',
    isInline: options.host === 'inline',
    logToDriver: options.logToDriver ?? true,
    ...(options.workerSetup === undefined ? {} : { setup: definitionOf(options.workerSetup)!.spec }),
    sharesMemory: options.sharedMemory !== 'off',
    sharesAlways: options.sharedMemory === 'auto',
    timelineEvents: options.timeline === false ? 0 : (options.timeline?.events ?? defaultTimelineEvents),
    nodeName: options.name ?? newNodeName(),
    start: {
      memoryBytes: options.objectStoreMemory ?? host.objectMemoryBytes,
      startTimeoutMs: options.startTimeout ?? 30_000,
      pingTimeoutMs: options.pingTimeout ?? (host.tellsOfDeaths || options.host === 'inline' ? 0 : 30_000),
      workerMemoryBytes: options.workerMemory,
      worker: options.worker,
      workerUrl: options.workerUrl,
    },
  }
  const { cpus, custom } = { cpus: options.numCpus ?? host.cpuCount, custom: options.resources ?? {} }
  const resources =
    options.numGpus === undefined
      ? foundGpus(host.gpus, options.softwareGpu ?? false).then((gpus) => ({ cpus, ...gpus, custom }))
      : { cpus, ...wantedGpus(options.numGpus), custom }
  const { labels = {}, spareWorkers = 0 } = options
  const runtime = startDriver(driver, { resources, labels, spareWorkers })
  realm.runtime = runtime
  runtime.deadlock = options.deadlock ?? 'warn'
  host.onLeave(() => void stop(runtime))
  // The next use starts another one.
  runtime.joined.catch(() => stop(runtime))
  return runtime
}

/** Ends a runtime; the realm can start another one. */
export async function stop(runtime: Runtime): Promise<void> {
  const realm = realmState()
  if (realm.runtime === runtime) realm.runtime = undefined
  await runtime.shutdown()
}

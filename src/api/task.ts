import { type CallOptions, checkSignal } from '../runtime/call-options.ts'
import { watchCall } from '../runtime/call-watch.ts'
import { checkAmount, checkBoolean, checkKeys, checkNumber, checkResources, checkString } from '../runtime/checks.ts'
import type { ObjectEntry, Sink } from '../runtime/object-entry.ts'
import { ObjectRef } from '../runtime/object-ref.ts'
import {
  type AnyFunction as AnyTarget,
  type Definition,
  define,
  isGenerator,
  type Source,
} from '../runtime/registry.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { splitSink } from '../runtime/sinks.ts'
import { ObjectRefStream } from '../runtime/streams.ts'
import { TaskCall, type TaskPlan } from '../runtime/task-call.ts'
import { refusalError, TaskSubmitter } from '../runtime/task-submitter.ts'
import { checkSource } from './actor.ts'
import { requireRuntime } from './current.ts'
import { rememberDefinition } from './definitions.ts'
import { checkGpuNeeds, requestOf } from './requests.ts'
import { checkScheduling, placed } from './scheduling.ts'
import type { AnyFunction, Constructor } from './types/common.ts'
import type { RemoteTask, TaskOptions } from './types/tasks.ts'

interface Options extends TaskOptions {
  numReturns?: number
}

const known = [
  'numCpus',
  'numGpus',
  'gpu',
  'resources',
  'maxRetries',
  'retryExceptions',
  'timeout',
  'signal',
  'name',
  'waitForResources',
  'schedulingStrategy',
  'placementGroup',
  'backpressure',
  'numReturns',
]

/**
 * Makes a function a task: `fn.remote(...)` runs it on a pool worker and returns a ref to its result at once. `source` is
 * `import.meta` of the module that defines it; with the Vite plugin it may be left out.
 */
export function task<F extends AnyFunction>(
  fn: F,
  source?: ImportMeta | string,
  defaults: TaskOptions = {},
): RemoteTask<F> {
  if (typeof fn !== 'function') throw new TypeError(`task() takes a function, not ${fn === null ? 'null' : typeof fn}.`)
  checkTaskOptions(defaults, `task ${fn.name || '(anonymous)'}`)
  const definition = define('task', fn as unknown as AnyTarget, source as Source, defaults as Record<string, unknown>)
  return starter(definition, defaults) as RemoteTask<F>
}

function starter(definition: Definition, options: Options): unknown {
  const { name } = definition.spec
  const refuse = (): never => {
    throw new TypeError(
      `${name} is a task: use ${name}.remote(...) to run it on a worker. It cannot be called directly.`,
    )
  }
  Object.defineProperty(refuse, 'name', { value: name })
  rememberDefinition(refuse, definition)
  let known: TaskPlan | undefined
  const plan = (): TaskPlan => {
    if (known !== undefined) return known
    const made = planOf(definition, options, options.name ?? name)
    // A placement group may be gone by the next time, and a strategy may be changed.
    if (options.placementGroup === undefined && options.schedulingStrategy === undefined) known = made
    return made
  }
  return Object.assign(refuse, {
    remote: (...args: unknown[]) => submit(definition, options, plan, args),
    options(more: Options) {
      checkTaskOptions(more, `${name}.options`)
      return starter(definition, { ...options, ...more })
    },
  })
}

function submit(definition: Definition, options: Options, planned: () => TaskPlan, args: unknown[]): unknown {
  const runtime = requireRuntime()
  const name = options.name ?? definition.spec.name
  runtime.checkMayStart(`${name}.remote()`)
  checkSource(definition, runtime)
  const plan = planned()
  checkFeasible(runtime, plan)
  if (isGenerator(definition.target)) {
    const stream = new ObjectRefStream(runtime)
    const call = start(runtime, plan, options, args, stream)
    stream.producer = { taken: (count) => call?.taken(count), cancelStream: () => call?.taken(-1) }
    return stream
  }
  const count = options.numReturns ?? 1
  if (count === 1) return submitOne(runtime, plan, options, args)
  const entries = Array.from({ length: count }, () => runtime.objects.create())
  const call = start(runtime, plan, options, args, splitSink(runtime.values, entries, name))
  for (const entry of entries) isMadeBy(entry, call)
  return count === 0 ? undefined : entries.map((entry) => new ObjectRef(entry))
}

function submitOne(runtime: Runtime, plan: TaskPlan, options: Options, args: unknown[]): ObjectRef {
  const entry = runtime.objects.create()
  isMadeBy(entry, start(runtime, plan, options, args, entry))
  return new ObjectRef(entry)
}

function isMadeBy(entry: ObjectEntry, call: TaskCall | undefined): void {
  if (call === undefined || entry.isSettled) return
  entry.cancel = (reason, force) => call.cancel(reason, force)
  entry.maker = call
}

function start(runtime: Runtime, plan: TaskPlan, options: Options, args: unknown[], sink: Sink): TaskCall | undefined {
  if (options.signal?.aborted) {
    sink.reject(runtime.values.keepThrown(options.signal.reason))
    return undefined
  }
  const call = new TaskCall(runtime, plan, args, sink)
  watchCall(call, options as CallOptions, plan.name)
  runtime.tasks ??= new TaskSubmitter(runtime)
  runtime.tasks.submit(call)
  return call
}

// Where the coordinator lives here, what can never run is refused at once.
function checkFeasible(runtime: Runtime, plan: TaskPlan): void {
  const refusal = plan.waitForResources ? undefined : runtime.coordinator?.refusalOf(plan.request)
  if (refusal !== undefined) throw refusalError(plan.name, refusal)
}

function planOf(definition: Definition, options: Options, name: string): TaskPlan {
  const { retryExceptions = false, maxRetries = 3, waitForResources = false, backpressure } = options
  return {
    definition: definition.spec,
    name,
    request: placed(requestOf(options, 1), options, { name, placementCpu: 0 }),
    waitForResources,
    maxRetries,
    retriesErrors: retryExceptions !== false,
    shouldRetry: (thrown) =>
      retryExceptions === true ||
      (Array.isArray(retryExceptions) && retryExceptions.some((cls: Constructor) => thrown instanceof cls)),
    ...(backpressure === undefined ? {} : { backpressure }),
  }
}

function checkTaskOptions(options: Options, where: string): void {
  checkKeys(options, known, where)
  checkAmount(options.numCpus, 'numCpus', where)
  checkAmount(options.numGpus, 'numGpus', where)
  checkGpuNeeds(options.gpu, where)
  checkResources(options.resources, where)
  checkNumber(options.maxRetries, { name: 'maxRetries', where, min: -1, isInteger: true })
  checkNumber(options.numReturns, { name: 'numReturns', where, min: 0, isInteger: true })
  checkNumber(options.timeout, { name: 'timeout', where, min: 0 })
  checkNumber(options.backpressure, { name: 'backpressure', where, min: 1, isInteger: true })
  checkString(options.name, 'name', where)
  checkBoolean(options.waitForResources, 'waitForResources', where)
  checkScheduling(options, where)
  checkSignal(options.signal, where)
  const { retryExceptions } = options
  if (retryExceptions === undefined || typeof retryExceptions === 'boolean') return
  if (!Array.isArray(retryExceptions) || retryExceptions.some((cls) => typeof cls !== 'function')) {
    throw new TypeError(`${where}: retryExceptions must be true, false or a list of error classes.`)
  }
}

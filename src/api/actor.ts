import { host } from '#host'
import type { Packed } from '../protocol/codec.ts'
import type { ActorSpec, HandleSpec } from '../protocol/specs.ts'
import { createHandle } from '../runtime/actor-handle.ts'
import { CallArguments } from '../runtime/call-arguments.ts'
import { currentCallIfKnown } from '../runtime/context.ts'
import { type AnyClass, type Definition, define, methodsOf, type Source } from '../runtime/registry.ts'
import type { RemoteActor } from '../runtime/remote-actor.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { checkActorDefaults, checkActorOptions } from './actor-options.ts'
import { requireRuntime } from './current.ts'
import { requestOf } from './requests.ts'
import { placed } from './scheduling.ts'
import type { ActorClass, ActorDefaults, ActorOptions } from './types/actors.ts'
import type { Constructor } from './types/common.ts'

/** A factory in place of `new`: `actor(Net, import.meta, { create: Net.load })`. */
export interface CreateOption<A extends readonly unknown[], T> {
  create: (...args: A) => T | PromiseLike<T>
}

/**
 * Makes a class an actor class: `Class.remote(...)` starts an instance in a worker. `source` is `import.meta` of the
 * module that defines it; with the Vite plugin it may be left out. `defaults` are options for all of its actors.
 */
export function actor<C extends Constructor, const A extends readonly unknown[]>(
  cls: C,
  source: ImportMeta | string | undefined,
  defaults: ActorDefaults & CreateOption<A, InstanceType<C>>,
): ActorClass<new (...args: A extends unknown[] ? A : [...A]) => InstanceType<C>>
export function actor<C extends Constructor>(
  cls: C,
  source?: ImportMeta | string,
  defaults?: ActorDefaults,
): ActorClass<C>
export function actor(cls: Constructor, source?: ImportMeta | string, defaults: ActorDefaults = {}): unknown {
  if (typeof cls !== 'function')
    throw new TypeError(`actor() takes a class, not ${cls === null ? 'null' : typeof cls}.`)
  const where = `actor ${cls.name || '(anonymous)'}`
  checkActorDefaults(defaults, where)
  const definition = define('actor', cls as AnyClass, source as Source, defaults as Record<string, unknown>)
  const methods = methodsOf(cls as AnyClass, defaults.methods)
  return starter(new ActorDefinition(definition, methods, defaults), {})
}

class ActorDefinition {
  readonly definition: Definition
  readonly methods: HandleSpec['methods']
  readonly defaults: ActorDefaults

  constructor(definition: Definition, methods: HandleSpec['methods'], defaults: ActorDefaults) {
    this.definition = definition
    this.methods = methods
    this.defaults = defaults
  }

  get name(): string {
    return this.definition.spec.name
  }
}

// A function, so that calling it by mistake gets an error that names the right call.
function starter(actorClass: ActorDefinition, options: ActorOptions): unknown {
  const { name } = actorClass
  // A function declaration: `new Counter()` must reach this text too.
  function refuse(): never {
    throw new TypeError(
      `${name} is an actor class: use ${name}.remote(...) to start one. It cannot be called or constructed here.`,
    )
  }
  // No prototype: `class extends Counter` is an error too.
  refuse.prototype = undefined
  Object.defineProperty(refuse, 'name', { value: name })
  let known: ActorPlan | undefined
  const plan = (): ActorPlan => {
    if (known !== undefined) return known
    const made = planOf(actorClass, { ...actorClass.defaults, ...options })
    // A placement group may be gone by the next time, and a strategy may be changed.
    if (options.placementGroup ?? actorClass.defaults.placementGroup) return made
    if (options.schedulingStrategy ?? actorClass.defaults.schedulingStrategy) return made
    return (known = made)
  }
  return Object.assign(refuse, {
    remote: (...args: unknown[]) => createActor(actorClass, plan, args),
    options(more: ActorOptions) {
      checkActorOptions(more, `${name}.options`)
      return starter(actorClass, { ...options, ...more })
    },
  })
}

/** What all actors that are started alike have in common: most of it is made once. */
interface ActorPlan {
  readonly handle: Omit<HandleSpec, 'actorId'>
  readonly spec: Omit<ActorSpec, 'handle' | 'creator' | 'holder' | 'namespace'>
  readonly namespace: string | undefined
}

function createActor(actorClass: ActorDefinition, plan: () => ActorPlan, args: unknown[]): object {
  const runtime = requireRuntime()
  const { definition, name } = actorClass
  runtime.checkMayStart(`${name}.remote()`)
  checkSource(definition, runtime)
  return begin(plan(), args, runtime)
}

function begin({ handle: common, spec: rest, namespace }: ActorPlan, args: unknown[], runtime: Runtime): object {
  const call = currentCallIfKnown()
  const { className, methods, groups, maxPendingCalls, maxTaskRetries, mayOvertake } = common
  const actorId = runtime.nextActorId()
  const handle = { actorId, className, methods, groups, maxPendingCalls, maxTaskRetries, mayOvertake }
  const { realmId: holder } = runtime
  const creator = call?.actorId ?? holder
  const spec = specOf(rest, { handle, creator, holder, namespace: namespace ?? runtime.config.namespace })
  const packed = new CallArguments(runtime, args, false)
  packed.keep()
  const isReady = packed.isReady && !packed.hasFailed
  const remote = runtime.actors.created(handle)
  try {
    runtime.control.createActor(spec, isReady ? argumentsOf(packed, className) : undefined, {
      existing: (known) => remote.redirect(runtime.actors.adopt(known)),
      failed: (error) => remote.fail(error),
    })
  } catch (error) {
    packed.release()
    runtime.actors.forget(remote)
    throw error
  }
  if (!isReady && remote.target === remote) packed.whenReady(() => provide(packed, remote, className))
  const created = createHandle(remote)
  call?.scope?.push(created as Disposable)
  return created
}

function planOf(actorClass: ActorDefinition, options: ActorDefaults): ActorPlan {
  const handle = {
    className: actorClass.name,
    methods: actorClass.methods,
    groups: Object.keys(options.concurrencyGroups ?? {}),
    maxPendingCalls: options.maxPendingCalls ?? 1_000_000,
    maxTaskRetries: options.maxTaskRetries ?? 0,
    mayOvertake: options.allowOutOfOrderExecution === true || (options.maxConcurrency ?? 1) > 1,
  }
  checkGroups(handle)
  return { handle, spec: planSpec(actorClass, options, handle.className), namespace: options.namespace }
}

// Field by field: a spread of so many makes a slow object, ten times as large.
function specOf(
  plan: ActorPlan['spec'],
  { handle, creator, holder, namespace }: Pick<ActorSpec, 'handle' | 'creator' | 'holder' | 'namespace'>,
): ActorSpec {
  const { name, checkpoint } = plan
  const spec: ActorSpec = {
    handle,
    definition: plan.definition,
    request: plan.request,
    placementCpu: plan.placementCpu,
    creator,
    holder,
    namespace,
    getIfExists: plan.getIfExists,
    isDetached: plan.isDetached,
    isolation: plan.isolation,
    maxRestarts: plan.maxRestarts,
    maxConcurrency: plan.maxConcurrency,
    concurrencyGroups: plan.concurrencyGroups,
    waitForResources: plan.waitForResources,
  }
  if (name === undefined && checkpoint === undefined) return spec
  return { ...spec, ...(name === undefined ? {} : { name }), ...(checkpoint === undefined ? {} : { checkpoint }) }
}

function checkGroups({ className, methods, groups }: ActorPlan['handle']): void {
  for (const [name, { group }] of Object.entries(methods)) {
    if (group === undefined || groups.includes(group)) continue
    throw new RangeError(
      `methods.${name} of ${className} names the concurrency group ${JSON.stringify(group)}, but concurrencyGroups has: ${groups.join(', ') || 'none'}.`,
    )
  }
}

function argumentsOf(args: CallArguments, name: string): Packed {
  const result = args.give(`${name}'s constructor`)
  if ('failed' in result) throw new TypeError(`bug: the arguments of ${name} were not ready`)
  return result.given
}

function provide(args: CallArguments, remote: RemoteActor, name: string): void {
  const { runtime, spec } = remote
  const result = args.give(`${name}'s constructor`)
  if ('failed' in result) runtime.control.argumentsFailed(spec.actorId, runtime.values.decodeThrown(result.failed))
  else runtime.control.provideArguments(spec.actorId, result.given)
}

function planSpec({ definition }: ActorDefinition, options: ActorDefaults, className: string): ActorPlan['spec'] {
  const placementCpu = options.numCpus === undefined ? 1 : options.numCpus
  return {
    definition: definition.spec,
    request: placed(requestOf(options, 0), options, { name: className, placementCpu }),
    placementCpu,
    ...(options.name === undefined ? {} : { name: options.name }),
    getIfExists: options.getIfExists ?? false,
    isDetached: options.lifetime === 'detached',
    isolation: options.isolation ?? 'worker',
    maxRestarts: options.maxRestarts ?? 0,
    maxConcurrency: options.maxConcurrency ?? 1,
    concurrencyGroups: options.concurrencyGroups ?? {},
    ...checkpointOf(definition, options),
    waitForResources: options.waitForResources ?? false,
  }
}

function checkpointOf(
  { target, spec }: Definition,
  { checkpoint, restore, every = 1 }: ActorDefaults,
): Pick<ActorSpec, 'checkpoint'> {
  if (checkpoint === undefined && restore === undefined) return {}
  if (checkpoint === undefined || restore === undefined) {
    throw new RangeError(
      `${spec.name}: checkpoint and restore go together; only ${checkpoint === undefined ? 'restore' : 'checkpoint'} was given.`,
    )
  }
  for (const [option, name] of Object.entries({ checkpoint, restore })) {
    if (typeof (target.prototype as Record<string, unknown>)[name] === 'function') continue
    throw new RangeError(
      `${spec.name}: ${option} names the method ${JSON.stringify(name)}, which the class does not have.`,
    )
  }
  return { checkpoint: { save: checkpoint, restore, every } }
}

/** Modules that were looked at and are good. */
const loadable = new Set<string>()

/** Other realms must be able to find the definition; inline, this realm is all there is. */
export function checkSource(definition: Definition, runtime: Runtime): void {
  const { name, url } = definition.spec
  if (url !== undefined && !loadable.has(url)) {
    host.checkModule(url)
    loadable.add(url)
  }
  if (definition.hasSource || runtime.isInline) return
  const call = definition.kind === 'task' ? `task(${name}, import.meta)` : `actor(${name}, import.meta)`
  throw new TypeError(
    `${name} has no source, so a worker cannot find its code. Pass import.meta of its module, ${call}, or use the @troupe/vite plugin, which does it for you.`,
  )
}

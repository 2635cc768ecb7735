import { MethodNotFoundError } from '../protocol/errors.ts'
import type { CallMeta } from '../protocol/messages.ts'
import type { HandleSpec, MethodSpec } from '../protocol/specs.ts'
import { ActorCall } from './actor-call.ts'
import { type CallOptions, checkCallOptions } from './call-options.ts'
import { watchCall } from './call-watch.ts'
import type { ObjectEntry, Sink } from './object-entry.ts'
import { ObjectRef } from './object-ref.ts'
import type { RemoteActor } from './remote-actor.ts'
import type { Runtime } from './runtime.ts'
import { settlePromise, splitSink } from './sinks.ts'
import { ItemBuffer, ItemStream, ObjectRefStream } from './streams.ts'
import type { LiveKind } from './values.ts'

/** What every handle is; only its class's methods are added. Free functions (`ready`, `kill`) do the rest. */
export class ActorHandle {
  get [Symbol.toStringTag](): string {
    const actor = actorOf(this)
    return actor === undefined ? 'ActorHandle' : `ActorHandle<${actor.spec.className}>`
  }
  [Symbol.dispose](): void {
    release(this)
  }
  async [Symbol.asyncDispose](): Promise<void> {
    release(this)
  }
}

/** What a handle holds of its actor until it is released or collected. */
interface Hold {
  actor: RemoteActor | undefined
}

/** What is behind a handle. Methods are kept on it once they were asked for. */
class HandleTarget extends ActorHandle {
  readonly #actor: RemoteActor
  readonly #hold: Hold
  #handle: object | undefined

  constructor(actor: RemoteActor, hold: Hold) {
    super()
    this.#actor = actor
    this.#hold = hold
  }

  static actorOf(target: HandleTarget): RemoteActor {
    return target.#actor
  }

  static setHandle(target: HandleTarget, handle: object): void {
    target.#handle = handle
  }

  /** A method holds its handle: `const { inc } = handle` must not let the actor go. */
  static handleOf(target: HandleTarget): object {
    return target.#handle!
  }

  static release(target: HandleTarget): void {
    const { actor } = target.#hold
    target.#hold.actor = undefined
    actor?.dropHandle()
  }
}

const targets = new WeakMap<object, HandleTarget>()
// No token to take it back by: a hold that was released does nothing when its handle is collected.
const collected = new FinalizationRegistry<Hold>(({ actor }) => actor?.dropHandle())

/** The actor behind a handle. */
export function actorOf(handle: unknown): RemoteActor | undefined {
  const target = typeof handle === 'object' && handle !== null ? targets.get(handle) : undefined
  return target === undefined ? undefined : HandleTarget.actorOf(target)
}

function release(handle: object): void {
  const target = targets.get(handle)
  if (target !== undefined) HandleTarget.release(target)
}

/** What every object has and consoles ask for; none of them calls the actor. */
const local: ReadonlySet<string> = new Set(['constructor', '__proto__', 'toString', 'toLocaleString', 'valueOf'])

const handler: ProxyHandler<HandleTarget> = {
  get: (own, key) => {
    const isLocal = typeof key === 'symbol' || local.has(key) || Object.hasOwn(own, key)
    return isLocal ? Reflect.get(own, key, HandleTarget.handleOf(own)) : lookUp(own, key)
  },
  has: (own, key) => key in own || (typeof key === 'string' && key in HandleTarget.actorOf(own).spec.methods),
  set: () => false,
  defineProperty: () => false,
  deleteProperty: () => false,
  ownKeys: () => [],
  getPrototypeOf: () => ActorHandle.prototype,
}

/** A handle: its methods by name, and an error that names them for every other name. */
export function createHandle(actor: RemoteActor): object {
  const hold: Hold = { actor }
  const target = new HandleTarget(actor, hold)
  const handle: object = new Proxy(target, handler)
  HandleTarget.setHandle(target, handle)
  targets.set(handle, target)
  actor.addHandle()
  collected.register(handle, hold)
  return handle
}

function lookUp(target: HandleTarget, name: string): unknown {
  if (name === 'then' || name === 'toJSON') return undefined
  const actor = HandleTarget.actorOf(target)
  const spec = Object.hasOwn(actor.spec.methods, name) ? actor.spec.methods[name] : undefined
  if (spec === undefined) return missingMethod(actor.spec, name)
  const method = makeMethod({ actor, name, spec, handle: HandleTarget.handleOf(target) }, undefined)
  Object.defineProperty(target, name, { value: method, configurable: true })
  return method
}

function missingMethod({ className, methods, actorId }: HandleSpec, name: string): unknown {
  const fail = (): never => {
    const names = Object.keys(methods)
    throw new MethodNotFoundError(
      `${className} has no method ${JSON.stringify(name)} that can be called from outside; it has: ${names.join(', ') || 'none'}. Fields, getters and names that start with _ or # are private to the actor.`,
      { className, method: name, actorId },
    )
  }
  return Object.assign(() => fail(), { remote: fail, options: fail })
}

interface Method {
  readonly actor: RemoteActor
  readonly name: string
  readonly spec: MethodSpec
  /** Held, so that the handle lives as long as the method does. */
  readonly handle: object
}

function makeMethod(method: Method, options: CallOptions | undefined): unknown {
  const isStream = method.spec.kind === 'stream'
  const direct = isStream
    ? (...args: unknown[]) => callItems(method, args, options)
    : (...args: unknown[]) => callDirect(method, args, options)
  const remote = isStream
    ? (...args: unknown[]) => callRefs(method, args, options)
    : (...args: unknown[]) => callRemote(method, args, options)
  return Object.assign(direct, {
    remote,
    options: (more: CallOptions) => makeMethod(method, { ...options, ...checkedOptions(method, more) }),
  })
}

function checkedOptions({ actor, name, spec }: Method, options: CallOptions): CallOptions {
  const { className, groups } = actor.spec
  checkCallOptions(options, spec, `${className}.${name}`)
  const group = options.concurrencyGroup
  if (group !== undefined && !groups.includes(group)) {
    throw new RangeError(
      `${className} has no concurrency group ${JSON.stringify(group)}; it has: ${groups.join(', ') || 'none'}.`,
    )
  }
  return options
}

function callDirect(method: Method, args: unknown[], options: CallOptions | undefined): Promise<unknown> {
  const { values } = method.actor.runtime
  return settlePromise(values, (sink) => submit(method, args, options, sink, undefined))
}

function callRemote(method: Method, args: unknown[], options: CallOptions | undefined): unknown {
  const { objects, values } = method.actor.runtime
  const count = options?.numReturns ?? 1
  if (count === 1) {
    const entry = objects.create()
    submit(method, args, options, entry, entry)
    return new ObjectRef(entry)
  }
  const entries = Array.from({ length: count }, () => objects.create())
  submit(method, args, options, splitSink(values, entries, method.name), entries)
  return count === 0 ? undefined : entries.map((entry) => new ObjectRef(entry))
}

function callItems(method: Method, args: unknown[], options: CallOptions | undefined): ItemStream {
  const stream = new ItemStream(method.actor.runtime)
  try {
    submit(method, args, { backpressure: 16, ...options }, stream, undefined)
  } catch (error) {
    stream.reject(method.actor.runtime.values.packThrown(error))
  }
  return stream
}

function callRefs(method: Method, args: unknown[], options: CallOptions | undefined): ObjectRefStream {
  const stream = new ObjectRefStream(method.actor.runtime)
  submit(method, args, options, stream, undefined)
  return stream
}

function submit(
  method: Method,
  args: unknown[],
  options: CallOptions | undefined,
  sink: Sink,
  entries: ObjectEntry | ObjectEntry[] | undefined,
): void {
  const { actor, name, spec } = method
  const runtime: Runtime = actor.runtime
  runtime.checkMayStart(name)
  const signal = options?.signal
  if (signal?.aborted) return sink.reject(runtime.values.keepThrown(signal.reason))
  const call = new ActorCall(
    actor,
    name,
    args,
    sink,
    metaOf(spec, options),
    options?.maxTaskRetries ?? actor.spec.maxTaskRetries,
  )
  if (entries !== undefined || options !== undefined) {
    const cancel = (reason: unknown, force: boolean): void => {
      if (force)
        throw new RangeError(
          `cancel(ref, { force: true }) works for tasks; ${name} is a call of an actor. Use kill(handle) to end the actor.`,
        )
      call.cancel(reason)
    }
    for (const entry of Array.isArray(entries) ? entries : entries === undefined ? [] : [entries]) {
      entry.cancel = cancel
      entry.maker = call
    }
  }
  if (sink instanceof ItemBuffer)
    sink.producer = { taken: (count) => call.taken(count), cancelStream: () => call.taken(-1) }
  actor.submit(call)
  // Of a call that was not taken in nothing is to be ended.
  watchCall(call, options, options === undefined ? '' : `${actor.spec.className}.${name}`)
}

function metaOf(spec: MethodSpec, options: CallOptions | undefined): CallMeta | undefined {
  const group = options?.concurrencyGroup ?? spec.group
  if (group === undefined && options?.backpressure === undefined && options?.timeout === undefined) return undefined
  return {
    ...(group === undefined ? {} : { group }),
    ...(options?.timeout === undefined ? {} : { timeout: options.timeout }),
    ...(options?.backpressure === undefined ? {} : { backpressure: options.backpressure }),
  }
}

/** How handles travel: as what every holder knows of the actor, and a hold for the receiver. */
export function handleKind(runtime: Runtime): LiveKind {
  return {
    kind: 'handle',
    isLive: true,
    matches: (value) => targets.has(value),
    // A handle of its own for what is under way: the user's may be disposed before that is sent.
    pack: (value) => createHandle(actorOf(value)!),
    unpack: (payload) => payload,
    describe(payload, receiver) {
      const { spec } = actorOf(payload)!.target
      runtime.control.grantHandle(spec.actorId, receiver)
      return spec
    },
    revive: (description) => createHandle(runtime.actors.adopt(description as HandleSpec)),
    twin: (payload) => createHandle(actorOf(payload)!),
    release: (payload) => release(payload as object),
  }
}

import { CallQueue } from '../core/call-queue.ts'
import type { Packed } from '../protocol/codec.ts'
import { MethodNotFoundError, TaskCancelledError, type TaskFacts } from '../protocol/errors.ts'
import type { ActorId, Incarnation, RealmId } from '../protocol/ids.ts'
import { Op } from '../protocol/messages.ts'
import type { ActorSpec, HandleSpec, ResourceRequest } from '../protocol/specs.ts'
import { ActorContext, type ActorScene } from './actor-context.ts'
import { actorObjects } from './actor-objects.ts'
import { type ActorFigures, CallMeter } from './call-meter.ts'
import { Checkpoints } from './checkpoints.ts'
import { type CallContext, enterCall, leaveCall } from './context.ts'
import { Execution, type ExecutionSite, type IncomingCall } from './execution.ts'
import { probe } from './probe.ts'
import { nameWorker } from './realm-names.ts'
import type { AnyClass, Definition } from './registry.ts'
import type { Running } from './running.ts'
import type { Runtime } from './runtime.ts'

/** A call that waits for its turn. */
export interface QueuedCall extends IncomingCall {
  readonly method: string
  isStarted: boolean
  /** It waits for its turn, and can be cancelled. */
  isListed: boolean
}

/** How long a dispose hook may take; then the actor ends without it. */
const disposeLimitMs = 30_000

/** Thrown by `exitActor` to leave the method. */
class ActorExit {}

/** Which actor an instance is: that and which life of it. */
export interface InstanceTerms {
  readonly actorId: ActorId
  readonly incarnation: Incarnation
  readonly gpuIds: readonly number[]
}

/** What actors made alike have in common in their worker. Tens of thousands may share one. */
export class ActorKind {
  /** The spec of one of them: only its actor id and creator are not those of all. */
  readonly spec: ActorSpec
  /** `Counter.increment` by `increment`: made once, not at every call. */
  readonly #callNames = new Map<string, string>()

  constructor(spec: ActorSpec) {
    this.spec = spec
  }

  nameOf(method: string): string {
    const known = this.#callNames.get(method)
    if (known !== undefined) return known
    const { className, methods } = this.spec.handle
    const name = `${className}.${method}`
    // Callers may ask for anything; only what is there is remembered.
    if (method === 'constructor' || Object.hasOwn(methods, method)) this.#callNames.set(method, name)
    return name
  }
}

/** An actor as it lives in its worker: the user's object, and the calls on it. */
export class ActorInstance implements ActorScene, ExecutionSite {
  readonly runtime: Runtime
  readonly actorId: ActorId
  readonly incarnation: Incarnation
  readonly gpuIds: readonly number[]
  readonly #kind: ActorKind
  readonly #queue: CallQueue<QueuedCall>
  readonly #isAlone: boolean
  /** Those that did not end at once. */
  #executions: Set<Execution> | undefined
  #object: Record<string, (...args: unknown[]) => unknown> | undefined
  #isPumping = false
  #onIdle: (() => void) | undefined
  #ended: { reason: string } | undefined
  #callCount = 0
  #isLeaving = false
  readonly #checkpoints: Checkpoints | undefined
  readonly #meter = new CallMeter()

  constructor(runtime: Runtime, kind: ActorKind, { actorId, incarnation, gpuIds }: InstanceTerms) {
    this.runtime = runtime
    this.#kind = kind
    this.actorId = actorId
    this.incarnation = incarnation
    this.gpuIds = gpuIds
    const { spec } = kind
    this.#checkpoints =
      spec.checkpoint === undefined ? undefined : new Checkpoints(runtime, spec.checkpoint, { actorId, incarnation })
    this.#queue = new CallQueue({ maxConcurrency: spec.maxConcurrency, groups: spec.concurrencyGroups })
    // In a worker of its own, with one call at a time, the running call is never in doubt.
    this.#isAlone =
      spec.isolation === 'worker' &&
      spec.maxConcurrency === 1 &&
      Object.keys(spec.concurrencyGroups).length === 0 &&
      !runtime.isInline
  }

  /** What every holder of a handle on it knows. */
  get handle(): HandleSpec {
    return { ...this.#kind.spec.handle, actorId: this.actorId }
  }

  get className(): string {
    return this.#kind.spec.handle.className
  }

  get request(): ResourceRequest {
    return this.#kind.spec.request
  }

  get exitActor(): () => never {
    return () => this.#exit()
  }

  factsOf({ method }: CallContext): TaskFacts {
    const { actorId, className, runtime } = this
    return { actorId, className, workerId: runtime.realmId, nodeId: runtime.nodeId, method }
  }

  isDropped(): boolean {
    return this.#isLeaving
  }

  /** Makes the user's object, by its `create` factory or by `new`. */
  async construct(definition: Definition, args: unknown[]): Promise<void> {
    const create = definition.defaults['create'] as ((...args: unknown[]) => unknown) | undefined
    if (create === undefined) return this.constructNow(definition, args)
    const context = this.#context('constructor')
    const startMs = this.#began()
    try {
      const made = await enterCall(context, this.#isAlone, () => create.apply(definition.target, args))
      if (typeof made !== 'object' || made === null)
        throw new TypeError(`create of ${definition.spec.name} must return (a promise of) an instance.`)
      this.#made(made, context)
    } finally {
      this.#constructed(context, startMs)
    }
  }

  /** The same by `new`: nothing has to be waited for. */
  constructNow(definition: Definition, args: unknown[]): void {
    const context = this.#context('constructor')
    const startMs = this.#began()
    try {
      const cls = definition.target as AnyClass
      this.#made(
        enterCall(context, this.#isAlone, () => new cls(...(args as never[]))),
        context,
      )
    } finally {
      this.#constructed(context, startMs)
    }
  }

  #began(): number {
    const { isolation } = this.#kind.spec
    nameWorker(this.runtime, {
      actor: { actorId: this.actorId, className: this.className, isolation },
      isLeased: false,
    })
    return this.runtime.clock.read()
  }

  #made(made: object, { failure }: CallContext): void {
    if (failure !== undefined) throw failure
    this.#object = made as never
    actorObjects.add(made)
  }

  #constructed(context: CallContext, startMs: number): void {
    leaveCall(context, this.#isAlone)
    const endMs = this.runtime.clock.read()
    const { calls } = this.runtime.timeline
    calls?.record(this.#kind.nameOf('constructor'), startMs, endMs, context, this.#object !== undefined)
    this.#meter.begin(endMs)
  }

  /** Gives a restarted actor its last saved state. */
  restore(state: Packed): Promise<void> {
    return this.#checkpoints!.restore(this.#object!, state)
  }

  accept(session: number, seq: number, call: QueuedCall): void {
    probe.at?.('accept', this.actorId)
    const group = call.meta?.group ?? ''
    if (this.#ended !== undefined) return this.#turnAway(call, this.#ended.reason)
    // By a path that was slower than the news of its end: its calls are not counted any more.
    if (this.runtime.isLost(call.link.peer)) return this.#turnAway(call, 'its caller has ended')
    this.#meter.advance(this.runtime.clock.arrival(), this.#queue.runningCount, this.#queue.waitingCount)
    // An unknown group is answered in its turn, like every other mistake of a caller.
    const order = { caller: call.link.peer, session, seq }
    const isNew = this.#queue.arrive(order, this.#queue.hasGroup(group) ? group : '', call)
    this.#pump()
    if (isNew && !call.isStarted) this.runtime.callee!.running.add(call.link, call.callId, this.#waiting(call))
  }

  #waiting(call: QueuedCall): Running {
    call.isListed = true
    return { cancel: (reason) => this.#cancelQueued(call, reason), taken() {} }
  }

  /** Runs what is queued, then the dispose hook. */
  async dismiss(): Promise<void> {
    probe.at?.('release', this.actorId)
    await this.#idle()
    this.#ended = { reason: 'it has ended' }
    await this.#dispose()
  }

  /** Ends it now: what is queued or running is told so. */
  drop(): void {
    this.#ended = { reason: 'it was ended' }
    for (const call of this.#queue.drain()) this.#turnAway(call, this.#ended.reason)
    const { className } = this
    for (const execution of this.#executions ?? [])
      execution.drop(new TaskCancelledError(`${className} (${this.actorId}) was ended.`))
  }

  /** A realm has ended: what it sent goes on, what waits for calls of it that never came does not. */
  forgetCaller(realm: RealmId): void {
    for (const call of this.#queue.forget(realm)) this.#turnAway(call, 'its caller has ended')
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  /** The calls that run and have awaited something. */
  get runningContexts(): CallContext[] {
    return [...(this.#executions ?? [])].map(({ context }) => context)
  }

  get callCounts(): { running: number; waiting: number; callers: number } {
    const { runningCount, waitingCount, callerCount } = this.#queue
    return { running: runningCount, waiting: waitingCount, callers: callerCount }
  }

  /** What it has done so far. */
  get figures(): ActorFigures {
    return this.#meter.figures(this.runtime.clock.read(), this.#queue)
  }

  #turnAway(call: QueuedCall, reason: string): void {
    this.#forget(call)
    call.link.connection.send(Op.lost, call.callId, reason)
  }

  // It never runs: what it was given to hold is given back.
  #forget(call: QueuedCall): void {
    const { callee, values } = this.runtime
    if (call.isListed) callee!.running.remove(call.link, call.callId)
    values.release(values.fromWire(call.specials))
  }

  #pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    for (let next = this.#queue.next(); next !== undefined; next = this.#queue.next())
      this.#start(next.item, next.group)
    this.#isPumping = false
    if (this.#queue.runningCount === 0) this.#onIdle?.()
  }

  #start(call: QueuedCall, group: string): void {
    call.isStarted = true
    if (call.isListed) this.runtime.callee!.running.remove(call.link, call.callId)
    const { methods } = this.#kind.spec.handle
    const method = Object.hasOwn(methods, call.method) ? methods[call.method] : undefined
    const execution = new Execution(
      this,
      {
        incoming: call,
        context: this.#context(call.method),
        isAlone: this.#isAlone,
        isStream: method?.kind === 'stream',
        name: this.#kind.nameOf(call.method),
      },
      (isOk, endMs) => {
        this.#meter.advance(endMs, this.#queue.runningCount, this.#queue.waitingCount)
        this.#meter.ended(isOk)
        this.#executions?.delete(execution)
        this.#queue.finished(group)
        if (this.#isLeaving) void this.#leave()
        else this.#pump()
      },
    )
    execution.run(this.#meter.nowMs, (args) => {
      if (method === undefined || typeof this.#object?.[call.method] !== 'function') throw this.#noMethod(call.method)
      if (call.meta?.group !== undefined && !this.#queue.hasGroup(call.meta.group)) throw this.#noGroup(call.meta.group)
      probe.at?.('running', this.actorId)
      const result = this.#object[call.method]!(...args)
      return this.#checkpoints === undefined ? result : this.#checkpoints.after(this.#object, result)
    })
    if (!execution.isAnswered) (this.#executions ??= new Set()).add(execution)
  }

  // Whatever the method does with what `exitActor` throws: the actor ends when the method does.
  #exit(): never {
    this.#isLeaving = true
    throw new ActorExit()
  }

  async #leave(): Promise<void> {
    if (this.#ended !== undefined) return
    this.drop()
    await this.#dispose()
    this.runtime.control.actorExited(this.actorId, this.incarnation)
  }

  #cancelQueued(call: QueuedCall, reason: unknown): void {
    if (this.#queue.remove((queued) => queued === call) === undefined) return
    this.#forget(call)
    call.link.replyError(
      call.callId,
      this.runtime.values.packThrown(
        reason ?? new TaskCancelledError(`${call.method} was cancelled before it started.`),
      ),
    )
  }

  #noMethod(method: string): MethodNotFoundError {
    const { className, methods } = this.#kind.spec.handle
    return new MethodNotFoundError(
      `${className} has no method ${JSON.stringify(method)}; it has: ${Object.keys(methods).join(', ') || 'none'}.`,
      {
        className,
        method,
        actorId: this.actorId,
      },
    )
  }

  #noGroup(group: string): RangeError {
    const groups = Object.keys(this.#kind.spec.concurrencyGroups)
    return new RangeError(
      `${this.className} has no concurrency group ${JSON.stringify(group)}; it has: ${groups.join(', ') || 'none'}.`,
    )
  }

  #context(method: string): CallContext {
    return new ActorContext(this, method, this.#callCount++)
  }

  async #idle(): Promise<void> {
    if (this.#queue.runningCount === 0 && this.#queue.waitingCount === 0) return
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
  }

  async #dispose(): Promise<void> {
    const object = this.#object as Partial<AsyncDisposable & Disposable> | undefined
    try {
      const hook = object?.[Symbol.asyncDispose] ?? object?.[Symbol.dispose]
      if (typeof hook === 'function') await withinLimit(hook.call(object))
    } catch (error) {
      this.runtime.log('error', `The dispose hook of ${this.className} (${this.actorId}) failed: ${String(error)}`)
    }
  }
}

async function withinLimit(disposal: PromiseLike<void> | void): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not end within ${disposeLimitMs} ms`)), disposeLimitMs)
  })
  try {
    await Promise.race([disposal, late])
  } finally {
    clearTimeout(timer)
  }
}

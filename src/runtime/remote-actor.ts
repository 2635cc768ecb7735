import type { ActorView, Refusal } from '../core/cluster-events.ts'
import {
  ActorDiedError,
  ActorUnavailableError,
  ActorUnschedulableError,
  GpuDeviceLostError,
  OutOfMemoryError,
  PendingCallsLimitExceeded,
  RuntimeShutdownError,
} from '../protocol/errors.ts'
import type { HandleSpec } from '../protocol/specs.ts'
import type { ActorCall } from './actor-call.ts'
import type { Runtime } from './runtime.ts'

/** What nobody adds to: most actors have nothing that waits. */
const none: ActorCall[] = []

/** Nothing in the cluster can ever hold the actor. */
export function unschedulable(className: string, { message, requested, available }: Refusal): ActorUnschedulableError {
  return new ActorUnschedulableError(`The actor ${className} can never be placed. ${message}`, {
    className,
    requested,
    available,
  })
}

/**
 * What this realm knows of an actor, and its calls on it. Calls leave in the order they were made; while the actor is
 * not there, or an argument is still pending, they wait here. All handles of one actor in a realm share one of these,
 * so that their calls keep one order.
 */
export class RemoteActor {
  readonly runtime: Runtime
  readonly spec: HandleSpec
  /** Grows with every such record of a realm: its calls are counted anew. */
  readonly session: number
  view: ActorView | undefined
  #queue: ActorCall[] = none
  /** Sent, and lost with their worker: their fate depends on what the coordinator says of the actor. */
  #limbo: ActorCall[] = none
  /** Calls that were sent to this life of the actor, or to earlier ones, and are neither answered nor known to be lost. */
  #underWayCount = 0
  #earlierCount = 0
  #nextSeq = 0
  #nextNumber = 0
  #pendingCount = 0
  #handleCount = 0
  #grantCount = 0
  #failure: Error | undefined
  #alias: RemoteActor | undefined
  #readyWaiters: (() => void)[] | undefined
  #idleWaiters: (() => void)[] | undefined

  constructor(runtime: Runtime, spec: HandleSpec, { grantCount, session }: { grantCount: number; session: number }) {
    this.runtime = runtime
    this.spec = spec
    this.session = session
    this.#grantCount = grantCount
  }

  get pendingCount(): number {
    return this.#pendingCount
  }

  // ---- calls

  /** Takes a call. Throws when too many are pending or an argument cannot be copied; nothing has happened then. */
  submit(call: ActorCall): void {
    if (this.#alias !== undefined) {
      call.moveTo(this.#alias)
      return this.#alias.submit(call)
    }
    if (this.#pendingCount >= this.spec.maxPendingCalls) {
      throw new PendingCallsLimitExceeded(
        `${this.#pendingCount} calls on ${this.spec.className} (${this.spec.actorId}) are pending, which is its maxPendingCalls. Await some of them, or raise the limit.`,
        { actorId: this.spec.actorId, limit: this.spec.maxPendingCalls },
      )
    }
    if (this.#isGone) return call.refuse(this.#deathError(call.method))
    call.number = this.#nextNumber++
    this.#pendingCount++
    this.runtime.busy(1)
    try {
      call.keepForRetry()
      const isFirst = this.#queue.length === 0 || this.spec.mayOvertake
      if (isFirst && this.#mayLeave && call.isReady) this.#send(call)
      else {
        call.keep()
        this.#enqueue(call)
        if (!call.isReady) call.whenReady(() => this.#pump())
      }
    } catch (error) {
      this.finished()
      throw error
    }
  }

  /** The actor this one stands for: itself, or the one of its name that lived already. */
  get target(): RemoteActor {
    return this.#alias?.target ?? this
  }

  /** An actor of that name lives already: the calls made so far, and all later ones, go to it. */
  redirect(to: RemoteActor): void {
    this.#alias = to
    to.addHandle()
    const queue = this.#queue
    this.#queue = none
    for (const call of queue) {
      this.finished()
      call.moveTo(to)
      to.submit(call)
    }
    this.#wakeReady()
  }

  /** A call got its outcome; if it was under way until now, `incarnation` is the life it was sent to. */
  finished(incarnation?: number): void {
    this.#pendingCount--
    if (incarnation !== undefined) this.#arrived(incarnation)
    this.runtime.busy(-1)
    if (this.#pendingCount > 0) return
    const idleWaiters = this.#idleWaiters
    this.#idleWaiters = undefined
    if (idleWaiters !== undefined) for (const wake of idleWaiters) wake()
    this.#releaseIfUnused()
  }

  /** The worker of a sent call is gone. */
  lost(call: ActorCall, wasUnderWay: boolean): void {
    this.#limbo = [...this.#limbo, call]
    this.#settleLimbo()
    if (wasUnderWay) this.#arrived(call.incarnation)
    // The next life may have begun before the end of the last one was heard of here.
    this.#pump()
  }

  /** Takes a call that was not sent yet out of the queue. */
  withdraw(call: ActorCall): boolean {
    const at = this.#queue.indexOf(call)
    if (at < 0) return false
    this.#queue.splice(at, 1)
    this.#pump()
    return true
  }

  // The fate of the calls that an earlier life has had is known, so that none of them starts after a later one.
  #arrived(incarnation: number): void {
    if (incarnation === this.view?.incarnation) this.#underWayCount--
    else if (--this.#earlierCount === 0) this.#pump()
  }

  get #mayLeave(): boolean {
    return this.#isAlive && (this.#earlierCount === 0 || this.spec.mayOvertake)
  }

  #pump(): void {
    if (!this.#mayLeave || this.#queue.length === 0) return
    const blocked = this.#queue.findIndex((call) => !call.isReady)
    // Cut out first: what is sent may lead back here.
    let ready = blocked < 0 ? this.#queue : this.#queue.slice(0, blocked)
    this.#queue = blocked < 0 ? none : this.#queue.slice(blocked)
    if (this.spec.mayOvertake && blocked >= 0) {
      ready = [...ready, ...this.#queue.filter((call) => call.isReady)]
      this.#queue = this.#queue.filter((call) => !call.isReady)
    }
    for (const call of ready) this.#sendKept(call)
  }

  #sendKept(call: ActorCall): void {
    if (call.isDone) return
    if (!this.#mayLeave) {
      this.#enqueue(call)
      return
    }
    try {
      this.#send(call)
    } catch (error) {
      call.rejectWith(error)
    }
  }

  #enqueue(call: ActorCall): void {
    if (this.#queue.length === 0) this.#queue = [call]
    else this.#queue.push(call)
  }

  #send(call: ActorCall): void {
    const { workerId, incarnation } = this.view!
    if (call.send(this.runtime.linkTo(workerId!), incarnation, this.#nextSeq)) {
      this.#nextSeq++
      this.#underWayCount++
    }
  }

  // ---- what the coordinator says

  update(view: ActorView): void {
    const known = this.view
    if (known !== undefined && (view.incarnation < known.incarnation || known.state === 'DEAD')) return
    if (known === undefined || view.incarnation > known.incarnation) {
      this.#nextSeq = 0
      this.#earlierCount += this.#underWayCount
      this.#underWayCount = 0
    }
    this.view = view
    this.#settleLimbo()
    if (this.#isGone) this.#rejectQueue()
    else this.#pump()
    if (this.#isAlive || this.#isGone) this.#wakeReady()
  }

  /** The actor cannot be had: creating it failed on the way, or the runtime ended. */
  fail(error: Error): void {
    this.#failure ??= error
    this.#settleLimbo()
    this.#rejectQueue()
    this.#wakeReady()
  }

  async ready(): Promise<void> {
    if (!this.#isAlive && !this.#isGone && this.#alias === undefined) {
      this.runtime.busy(1)
      await new Promise<void>((resolve) => (this.#readyWaiters ??= []).push(resolve))
      this.runtime.busy(-1)
    }
    if (this.#alias !== undefined) return this.#alias.ready()
    if (this.#isGone) throw this.#deathError(undefined)
  }

  /** Resolves when the calls made so far have their outcomes. */
  async idle(): Promise<void> {
    if (this.#pendingCount > 0) await new Promise<void>((resolve) => (this.#idleWaiters ??= []).push(resolve))
  }

  get #isAlive(): boolean {
    return this.view?.state === 'ALIVE' && this.#failure === undefined
  }

  get #isGone(): boolean {
    return this.#failure !== undefined || this.view?.state === 'DEAD' || this.runtime.isShutDown
  }

  #wakeReady(): void {
    const waiters = this.#readyWaiters
    this.#readyWaiters = undefined
    if (waiters !== undefined) for (const wake of waiters) wake()
  }

  #rejectQueue(): void {
    const queue = this.#queue
    this.#queue = none
    for (const call of queue) call.rejectWith(this.#deathError(call.method))
  }

  #settleLimbo(): void {
    const limbo = this.#limbo
    if (limbo.length === 0) return
    this.#limbo = []
    const again: ActorCall[] = []
    for (const call of limbo) {
      if (call.isDone) continue
      if (this.#isGone) call.rejectWith(this.#gpuLostError(call.method) ?? this.#deathError(call.method))
      else if (this.view!.incarnation === call.incarnation) this.#limbo.push(call)
      else if (call.takeRetry()) again.push(call)
      else call.rejectWith(this.#unavailableError(call.method))
    }
    if (again.length > 0) this.#queue = [...again, ...this.#queue].sort((a, b) => a.number - b.number)
  }

  #unavailableError(method: string): Error {
    const { className, actorId } = this.spec
    const lost = this.#gpuLostError(method)
    if (lost !== undefined) return lost
    return new ActorUnavailableError(
      `The worker of ${className} (${actorId}) ended while ${method} was under way; the call may or may not have been executed. The actor restarts; set maxTaskRetries to repeat such calls.`,
      { actorId, className, method },
    )
  }

  // Of a call that was under way when the actor's GPU device was lost.
  #gpuLostError(method: string): GpuDeviceLostError | undefined {
    const { lastExit, state } = this.view ?? {}
    if (lastExit?.isGpuLost !== true || this.#failure !== undefined) return undefined
    const { className, actorId } = this.spec
    const then = state === 'DEAD' ? 'The actor is dead; set maxRestarts to have it restarted.' : 'The actor restarts.'
    return new GpuDeviceLostError(
      `${className} (${actorId}) ${lastExit.reason}, while ${method} was under way. ${then}`,
      { actorId, className, method },
    )
  }

  #deathError(method: string | undefined): Error {
    if (this.#failure !== undefined) return this.#failure
    const { className, actorId } = this.spec
    if (this.runtime.isShutDown)
      return new RuntimeShutdownError(
        'The runtime was shut down; its handles and refs are dead. Call init() and create the actors anew.',
      )
    const death = this.view?.death
    if (death?.refusal !== undefined) return unschedulable(className, death.refusal)
    const what = method === undefined ? '' : ` (call of ${method})`
    return new ActorDiedError(
      `The actor ${className} (${actorId}) is dead: ${(death?.message ?? 'it has ended').replace(/\.$/, '')}.${what}`,
      {
        actorId,
        className,
        ...(method === undefined ? {} : { method }),
        reason: death?.reason,
        actorInitFailed: death?.reason === 'INIT_FAILED',
        ...(this.view?.workerId === undefined ? {} : { workerId: this.view.workerId }),
        ...(death?.exitCode === undefined ? {} : { exitCode: death.exitCode }),
        ...(death?.isOutOfMemory ? { isOutOfMemory: true, cause: new OutOfMemoryError(death.message) } : {}),
        ...(death?.isGpuLost ? { cause: new GpuDeviceLostError(death.message) } : {}),
        ...(death?.cause === undefined ? {} : { cause: this.runtime.values.decodeThrown(death.cause) }),
      },
    )
  }

  // ---- handles

  addHandle(): void {
    this.#handleCount++
  }

  addGrant(): void {
    this.#grantCount++
  }

  dropHandle(): void {
    this.#handleCount--
    this.#releaseIfUnused()
  }

  // Counts after the calls made before: the hold is kept until they are answered.
  #releaseIfUnused(): void {
    if (this.#handleCount > 0 || this.#pendingCount > 0) return
    if (this.#alias !== undefined) {
      this.#alias.dropHandle()
      return this.runtime.actors.forget(this)
    }
    if (this.#grantCount === 0) return
    const count = this.#grantCount
    this.#grantCount = 0
    this.runtime.actors.forget(this)
    // Of the dead nobody counts the holders.
    if (!this.runtime.isShutDown && this.view?.state !== 'DEAD')
      this.runtime.control.releaseHandle(this.spec.actorId, count)
  }
}

import { markTaskError, TaskCancelledError } from '../protocol/errors.ts'
import type { RealmId } from '../protocol/ids.ts'
import { type CallMeta, Op } from '../protocol/messages.ts'
import type { Pending } from '../transport/pending-table.ts'
import { CallArguments } from './call-arguments.ts'
import { whenStuck } from './call-watch.ts'
import { currentCallIfKnown } from './context.ts'
import type { Link } from './link.ts'
import type { Sink, Stored } from './object-entry.ts'
import type { RemoteActor } from './remote-actor.ts'

/** One call on an actor, from the moment it is made until its outcome is known. */
export class ActorCall implements Pending {
  readonly method: string
  readonly args: CallArguments
  incarnation = -1
  /** Its place among the calls of this realm on the actor. */
  number = 0
  #actor: RemoteActor
  readonly #sink: Sink
  readonly #meta: CallMeta | undefined
  #retriesLeft: number
  #isDone = false
  #isStarted = false
  #isUnderWay = false
  #doneListeners: (() => void)[] | undefined
  #link: Link | undefined
  #callId = 0

  constructor(
    actor: RemoteActor,
    method: string,
    args: unknown[],
    sink: Sink,
    meta: CallMeta | undefined,
    maxRetries: number,
  ) {
    this.#actor = actor
    this.method = method
    this.args = new CallArguments(actor.runtime, args, true)
    this.#sink = sink
    this.#meta = meta
    this.#retriesLeft = maxRetries
    const caller = currentCallIfKnown()?.actorId
    if (caller !== undefined) this.#waits(caller)
  }

  /** It was made on a handle that turned out to stand for another actor. */
  moveTo(actor: RemoteActor): void {
    this.#actor = actor
  }

  get actorId(): string {
    return this.#actor.spec.actorId
  }

  /** The realm it was sent to, or will be. */
  get callee(): RealmId | undefined {
    const { view } = this.#actor.target
    return this.#link?.peer ?? (view?.state === 'ALIVE' ? view.workerId : undefined)
  }

  // An actor's own calls are watched for circles.
  #waits(caller: string): void {
    const { waits } = this.#actor.runtime
    waits.add(this, caller)
    this.onDone(() => waits.remove(this))
  }

  get isDone(): boolean {
    return this.#isDone
  }

  get isReady(): boolean {
    return this.args.isReady
  }

  whenReady(then: () => void): void {
    this.args.whenReady(then)
  }

  keep(): void {
    this.args.keep()
  }

  /** A call that may be sent again must not depend on what the caller does to its arguments meanwhile. */
  keepForRetry(): void {
    if (this.#retriesLeft !== 0) this.args.keep()
  }

  /** Sends it. False: it had failed before it could be sent, and needs no sequence number. */
  send(link: Link, incarnation: number, seq: number): boolean {
    if (this.args.isPlain && !link.connection.isClosed) this.#sendPlain(link, incarnation, seq)
    else if (!this.#sendPacked(link, incarnation, seq)) return false
    this.incarnation = incarnation
    this.#link = link
    this.#isUnderWay = true
    return true
  }

  #sendPlain(link: Link, incarnation: number, seq: number): void {
    const { spec, session } = this.#actor
    this.#callId = link.connection.pending.add(this)
    link.connection.send(
      Op.call,
      this.#callId,
      spec.actorId,
      incarnation,
      session,
      seq,
      this.method,
      this.args.value,
      undefined,
      this.#meta,
    )
  }

  #sendPacked(link: Link, incarnation: number, seq: number): boolean {
    const { values } = this.#actor.runtime
    const resolved = this.args.resolve(`${this.#actor.spec.className}.${this.method}`, link.peer)
    if ('failed' in resolved) {
      this.onError(values.packEncoded(resolved.failed).value, undefined)
      return false
    }
    if (link.connection.isClosed) {
      this.incarnation = incarnation
      this.#actor.lost(this, false)
      return false
    }
    const { args, specials, fetched } = resolved
    const { actorId } = this.#actor.spec
    const { session } = this.#actor
    const callId = link.connection.pending.add(this)
    try {
      const wire = values.toWire(specials, link.peer)
      const meta = fetched === undefined ? this.#meta : { ...this.#meta, fetched }
      const record = [Op.call, callId, actorId, incarnation, session, seq, this.method, args, wire, meta]
      if (this.#retriesLeft === 0) link.connection.post(record, this.args.transfer)
      else if (link.postKept(record, this.args.transfer)) this.#retriesLeft = 0
    } catch (error) {
      link.connection.pending.take(callId)
      throw values.explain(error, args, 'args')
    }
    this.#callId = callId
    return true
  }

  takeRetry(): boolean {
    if (this.#retriesLeft === 0) return false
    this.#retriesLeft--
    return true
  }

  onValue(value: unknown, specials: unknown): void {
    const stored = this.#arrived(value, specials)
    if (this.#finish()) this.#sink.resolve(stored)
    else this.#drop(stored)
  }

  onError(value: unknown, specials: unknown): void {
    const stored = this.#arrived(value, specials)
    if (this.#finish()) this.#sink.reject(stored)
    else this.#drop(stored)
  }

  onItem(_index: number, value: unknown, specials: unknown): void {
    const stored = this.#arrived(value, specials)
    if (this.#isDone || this.#sink.item === undefined) this.#drop(stored)
    else this.#sink.item(stored)
  }

  #arrived(value: unknown, specials: unknown): Stored {
    return { value, specials: this.#actor.runtime.values.fromWire(specials) }
  }

  // Nobody waits for it any more: what it holds is given back.
  #drop({ specials }: Stored): void {
    this.#actor.runtime.values.release(specials)
  }

  onStarted(): void {
    this.#isStarted = true
  }

  /** It has run out of time. A worker that runs it and answers nothing at all is stuck: it is ended. */
  timeOut(error: Error): void {
    const link = this.#isStarted ? this.#link : undefined
    this.cancel(error)
    if (link === undefined) return
    whenStuck(link, () => this.#actor.runtime.control.kill(this.actorId, true))
  }

  onEnd(): void {
    if (this.#finish()) this.#sink.end?.()
  }

  /** Tells the producer of a stream how many items were read; -1: no more are wanted. */
  taken(count: number): void {
    this.#link?.connection.send(Op.taken, this.#callId, count)
  }

  onLost(): void {
    if (this.#isDone) return
    this.#link = undefined
    const wasUnderWay = this.#isUnderWay
    this.#isUnderWay = false
    this.#actor.lost(this, wasUnderWay)
  }

  rejectWith(error: unknown): void {
    if (this.#finish()) this.#sink.reject(this.#actor.runtime.values.keepThrown(error))
  }

  /** It was never taken in: nothing counts it yet. */
  refuse(error: unknown): void {
    this.#isDone = true
    this.#sink.reject(this.#actor.runtime.values.keepThrown(error))
  }

  /** Ends it for the caller now. A queued call never starts; a running one sees its signal abort. */
  cancel(reason: unknown): void {
    if (this.#isDone) return
    if (!this.#actor.withdraw(this) && this.#link !== undefined) {
      if (reason instanceof TaskCancelledError)
        markTaskError(reason, { actorId: this.#actor.spec.actorId, method: this.method })
      const { values } = this.#actor.runtime
      const packed = values.packThrown(reason)
      this.#link.connection.post([
        Op.cancel,
        this.#callId,
        packed.value,
        values.toWire(packed.specials, this.#link.peer),
      ])
    }
    this.rejectWith(reason)
  }

  #finish(): boolean {
    if (this.#isDone) return false
    this.#isDone = true
    this.#link = undefined
    this.args.release()
    this.#actor.finished(this.#isUnderWay ? this.incarnation : undefined)
    if (this.#doneListeners !== undefined) for (const listener of this.#doneListeners) listener()
    return true
  }

  onDone(listener: () => void): void {
    if (this.#isDone) listener()
    else (this.#doneListeners ??= []).push(listener)
  }
}

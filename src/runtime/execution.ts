import { isPrimitive } from '../protocol/codec.ts'
import { SerializationError, type TaskFacts } from '../protocol/errors.ts'
import { type CallMeta, Op } from '../protocol/messages.ts'
import { type CallContext, enterCall, leaveCall } from './context.ts'
import { takeValue } from './far-objects.ts'
import type { Link } from './link.ts'
import { entryOf, isObjectRef, ObjectRef } from './object-ref.ts'
import { probe } from './probe.ts'
import type { Running } from './running.ts'
import type { Runtime } from './runtime.ts'

/** A call as it came over a link. */
export interface IncomingCall {
  readonly link: Link
  readonly callId: number
  readonly args: unknown
  readonly specials: unknown
  readonly meta: CallMeta | undefined
}

/** Where calls run: an actor, or the tasks of a worker. */
export interface ExecutionSite {
  readonly runtime: Runtime
  /** What is said of a call that failed. */
  factsOf(context: CallContext): TaskFacts
  /** The actor ends with this call: the caller is told so instead of an answer. */
  isDropped?(): boolean
}

interface How {
  readonly incoming: IncomingCall
  readonly context: CallContext
  /** The realm runs nothing else meanwhile. */
  readonly isAlone: boolean
  readonly isStream: boolean
  /** What is called, for errors about results that cannot travel. */
  readonly name: string
}

/**
 * Runs one call and answers it. A synchronous result is answered before this returns, so that a batch of calls gives a
 * batch of answers.
 */
export class Execution implements Running {
  readonly #site: ExecutionSite
  readonly #how: How
  readonly #onDone: (isOk: boolean, endMs: number) => void
  #startMs = 0
  #endMs = 0
  #isAnswered = false
  #isListed = false
  #isEntered = false
  #takenCount = 0
  #isUnwanted = false
  #wakeProducer: (() => void) | undefined
  /** Buffers on a device of this realm must not go while it works with them. */
  #held: ObjectRef[] | undefined

  constructor(site: ExecutionSite, how: How, onDone: (isOk: boolean, endMs: number) => void) {
    this.#site = site
    this.#how = how
    this.#onDone = onDone
  }

  /** `startMs`: now, by the realm's `clock`. */
  run(startMs: number, call: (args: unknown[]) => unknown): void {
    this.#startMs = startMs
    const { runtime } = this.#site
    const { incoming, context } = this.#how
    if (incoming.meta?.timeout !== undefined) {
      incoming.link.connection.send(Op.started, incoming.callId)
      incoming.link.connection.flush()
    }
    let result: unknown
    try {
      const specials = runtime.values.fromWire(incoming.specials)
      if (context.scope !== undefined) for (const held of runtime.values.held(specials)) context.scope.push(held)
      const args = runtime.values.open({ value: incoming.args, specials }) as unknown[]
      if (incoming.meta?.fetched !== undefined) return void this.#fetch(args, incoming.meta.fetched, call)
      result = this.#enter(() => call(args))
    } catch (error) {
      return this.#fail(error)
    }
    this.#began(result)
  }

  #enter<R>(body: () => R): R {
    const { context, isAlone } = this.#how
    this.#isEntered = true
    return enterCall(context, isAlone, body)
  }

  #began(result: unknown): void {
    const { isStream } = this.#how
    if (!isStream && !isThenable(result)) return this.#succeed(result)
    this.#list()
    this.#site.runtime.clock.lapse()
    if (isStream) return void this.#produce(result)
    ;(result as PromiseLike<unknown>).then(
      (value) => (this.context.failure === undefined ? this.#succeed(value) : this.#fail(this.context.failure)),
      // What the GPU refused is why the rest went wrong.
      (error) => this.#fail(this.context.failure ?? error),
    )
  }

  // From now on its caller can cancel it. One that is over before anything else is heard needs not be found.
  #list(): void {
    if (this.#isListed) return
    this.#isListed = true
    const { link, callId } = this.#how.incoming
    this.#site.runtime.callee!.running.add(link, callId, this)
  }

  // Large arguments are taken from where they are. Its turn is kept meanwhile.
  async #fetch(args: unknown[], indices: readonly number[], call: (args: unknown[]) => unknown): Promise<void> {
    this.#list()
    const { runtime } = this.#site
    const { context, name } = this.#how
    let result: unknown
    this.#held = indices.flatMap((index) => deviceRefOf(args[index]))
    try {
      const taking = indices.map(async (index) => {
        args[index] = await takeArgument(runtime, { value: args[index], index, name })
      })
      await Promise.all(taking)
      if (this.#isAnswered) return
      // It has not started, and never will.
      if (this.#isUnwanted) throw context.abort.signal.reason
      this.#startMs = runtime.clock.read()
      result = this.#enter(() => call(args))
    } catch (error) {
      return this.#fail(error)
    }
    this.#began(result)
  }

  /** The caller has given up: the method's signal aborts; what it still returns is dropped. */
  cancel(reason: unknown): void {
    this.#isUnwanted = true
    this.#how.context.abort.abort(reason)
    this.#wakeProducer?.()
  }

  get context(): CallContext {
    return this.#how.context
  }

  get isAnswered(): boolean {
    return this.#isAnswered
  }

  /** The actor ends now, whatever the method still does: its signal aborts, and the caller is told that it was lost. */
  drop(reason: unknown): void {
    if (this.#isAnswered) return
    this.cancel(reason)
    this.#drop()
  }

  taken(count: number): void {
    if (count < 0) this.#isUnwanted = true
    else this.#takenCount = count
    this.#wakeProducer?.()
  }

  #succeed(value: unknown): void {
    const { runtime } = this.#site
    const { incoming } = this.#how
    if (this.#site.isDropped?.()) return this.#drop()
    try {
      const small = isPrimitive(value) ? value : runtime.values.copySmall(value as object)
      if (small !== undefined || value === undefined) return this.#answerSmall(small)
      const packed = runtime.values.packToSend(value, 'result')
      if (!this.#end()) return runtime.values.release(packed.specials)
      probe.at?.('reply', this.#how.context.actorId ?? '')
      incoming.link.replyValue(incoming.callId, packed, 'result')
      runtime.values.release(packed.specials)
      probe.at?.('posted', this.#how.context.actorId ?? '')
    } catch (error) {
      return this.#fail(error)
    }
    this.#done(true)
  }

  // It may wait for other answers.
  #answerSmall(value: unknown): void {
    const { link, callId } = this.#how.incoming
    if (!this.#end()) return
    probe.at?.('reply', this.#how.context.actorId ?? '')
    link.connection.send(Op.value, callId, value, undefined)
    probe.at?.('posted', this.#how.context.actorId ?? '')
    this.#done(true)
  }

  #fail(error: unknown): void {
    const { runtime } = this.#site
    const { incoming, context, name } = this.#how
    if (this.#site.isDropped?.()) return this.#drop()
    if (!this.#end()) return
    const facts = this.#site.factsOf(context)
    if (error instanceof SerializationError && !error.message.includes(name))
      error.message += ` It was returned by ${name}.`
    const remoteStack = error instanceof Error ? error.stack : undefined
    incoming.link.replyError(
      incoming.callId,
      runtime.values.packThrown(error, remoteStack === undefined ? facts : { ...facts, remoteStack }),
    )
    this.#done(false)
  }

  #drop(): void {
    const { link, callId } = this.#how.incoming
    if (!this.#end()) return
    link.connection.send(Op.lost, callId, 'the actor has ended')
    this.#done(false)
  }

  #done(isOk: boolean): void {
    const { runtime } = this.#site
    const { context, name } = this.#how
    runtime.shared.watch?.check(context.actorId === undefined ? name : `${name} (${context.actorId})`)
    for (const held of context.scope ?? []) held[Symbol.dispose]()
    for (const held of this.#held ?? []) held[Symbol.dispose]()
    runtime.timeline.calls?.record(name, this.#startMs, this.#endMs, context, isOk)
    this.#onDone(isOk, this.#endMs)
  }

  #end(): boolean {
    if (this.#isAnswered) return false
    this.#isAnswered = true
    const { runtime } = this.#site
    const { incoming, context, isAlone } = this.#how
    // Before it is answered: what a caller knows to have ended has an earlier end.
    this.#endMs = runtime.clock.read()
    if (this.#isListed) runtime.callee!.running.remove(incoming.link, incoming.callId)
    if (this.#isEntered) leaveCall(context, isAlone)
    return true
  }

  async #produce(made: unknown): Promise<void> {
    const { runtime } = this.#site
    const { incoming, context } = this.#how
    const { link, callId } = incoming
    const limit = incoming.meta?.backpressure ?? Number.POSITIVE_INFINITY
    try {
      const iterator = iteratorOf(await made, context.method)
      for (let index = 0; ; index++) {
        while (index - this.#takenCount >= limit && !this.#isUnwanted) {
          await new Promise<void>((resolve) => {
            this.#wakeProducer = resolve
          })
        }
        // A generator that never waits must not shut the caller out.
        if (index % 32 === 31) await new Promise((resolve) => setTimeout(resolve))
        if (this.#isUnwanted || link.connection.isClosed) {
          await runtime.inCall(context, () => iterator.return?.())
          break
        }
        const step = await runtime.inCall(context, () => iterator.next())
        if (context.failure !== undefined) throw context.failure
        if (step.done) break
        const packed = runtime.values.packToSend(step.value, 'item')
        link.connection.post(
          [Op.item, callId, index, packed.value, runtime.values.toWire(packed.specials, link.peer)],
          packed.transfer,
        )
        runtime.values.release(packed.specials)
      }
      if (!this.#end()) return
      link.connection.send(Op.end, callId)
      this.#done(true)
    } catch (error) {
      this.#fail(runtime.values.explain(error, undefined, 'item'))
    }
  }
}

function deviceRefOf(value: unknown): ObjectRef[] {
  const entry = isObjectRef(value) ? entryOf(value) : undefined
  return entry?.onDevice === undefined ? [] : [new ObjectRef(entry)]
}

async function takeArgument(
  runtime: Runtime,
  { value, index, name }: { value: unknown; index: number; name: string },
): Promise<unknown> {
  // It came from another realm: it may be anything.
  if (!isObjectRef(value)) throw new TypeError(`args[${index}] of ${name} is no ref.`)
  try {
    return await takeValue(runtime, value)
  } catch (error) {
    if (error instanceof Error)
      error.message = `An input argument (args[${index}]) of ${name} could not be computed: ${error.message}`
    throw error
  }
}

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>

function iteratorOf(made: unknown, method: string | undefined): AnyIterator {
  if (typeof made === 'object' && made !== null) {
    if (Symbol.asyncIterator in made) return (made as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    if (Symbol.iterator in made) return (made as Iterable<unknown>)[Symbol.iterator]()
  }
  throw new TypeError(`${method} was called as a generator but returned nothing to iterate over.`)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

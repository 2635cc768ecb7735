import type { Channel } from '../protocol/channel.ts'
import type { Packed } from '../protocol/codec.ts'
import { isPrimitive } from '../protocol/codec.ts'
import type { RealmId } from '../protocol/ids.ts'
import { Op } from '../protocol/messages.ts'
import { Connection, type RecordReader } from '../transport/connection.ts'
import type { Pending } from '../transport/pending-table.ts'
import type { Runtime } from './runtime.ts'
import { tellWhenSettled } from './settled-elsewhere.ts'
import { hearBlocked } from './sync-circles.ts'

/** Someone who waits for the items of a generator. */
export interface PendingStream extends Pending {
  onItem(index: number, value: unknown, specials: unknown): void
  onEnd(): void
}

/** Someone who looks at an object: its value may be too large to come along. */
export interface PendingLook extends Pending {
  onSized(bytes: number): void
}

/** Someone who wants to know when a call starts to run. */
export interface PendingStart extends Pending {
  onStarted(): void
}

/** Who asks the control plane of another realm. */
interface Asker {
  resolve(answer: unknown): void
  reject(error: unknown): void
}

/** What the control plane does with a request of another realm. */
export type RequestHandler = (payload: never, from: Link) => unknown
export type Handlers = Readonly<Record<string, RequestHandler>>

/** Operations whose first field is the number of a call that waits for an answer. */
const answered: ReadonlySet<number> = new Set([
  Op.call,
  Op.task,
  Op.create,
  Op.fetch,
  Op.look,
  Op.callback,
  Op.request,
  Op.settled,
])

/** The way from this realm to one other. Reads what comes and hands it to the part of the runtime it is for. */
export class Link implements RecordReader {
  readonly peer: RealmId
  readonly connection: Connection
  readonly channel: Channel
  readonly #runtime: Runtime

  constructor(runtime: Runtime, peer: RealmId, channel: Channel) {
    this.#runtime = runtime
    this.peer = peer
    this.channel = channel
    runtime.openLinks.add(this)
    this.connection = new Connection(
      channel,
      (reason) => {
        runtime.openLinks.delete(this)
        runtime.linkClosed(this, reason)
      },
      (error) => runtime.log('error', `bug: ${error instanceof Error ? error.stack : String(error)}`),
    )
    this.connection.listen(this)
  }

  read(op: number, batch: readonly unknown[], at: number): void {
    if (this.#runtime.blocking?.holdsBack(this, op, batch, at) !== true) this.handle(op, batch, at)
  }

  /** Does what a record says. */
  handle(op: number, batch: readonly unknown[], at: number): void {
    try {
      this.#dispatch(op, batch, at)
    } catch (error) {
      this.#runtime.log(
        'error',
        `A message of ${this.peer} (operation ${op}) could not be handled: ${error instanceof Error ? error.stack : String(error)}`,
      )
      if (answered.has(op)) this.replyError(batch[at] as number, this.#runtime.values.packThrown(error))
    }
  }

  #dispatch(op: number, batch: readonly unknown[], at: number): void {
    const runtime = this.#runtime
    switch (op) {
      case Op.call:
        if (runtime.callee === undefined) this.#turnAway(batch[at] as number, batch[at + 7])
        else runtime.callee.actors.onCall(this, batch, at)
        return
      case Op.create:
        if (runtime.callee === undefined) this.#turnAway(batch[at] as number, undefined)
        else runtime.callee.actors.onCreate(this, batch, at)
        return
      case Op.task:
        if (runtime.callee === undefined) this.#turnAway(batch[at] as number, batch[at + 3])
        else runtime.callee.tasks.onTask(this, batch, at)
        return
      case Op.item:
        ;(this.connection.pending.get(batch[at] as number) as PendingStream | undefined)?.onItem(
          batch[at + 1] as number,
          batch[at + 2],
          batch[at + 3],
        )
        return
      case Op.end:
        ;(this.connection.pending.take(batch[at] as number) as PendingStream | undefined)?.onEnd()
        return
      case Op.started:
        ;(this.connection.pending.get(batch[at] as number) as Partial<PendingStart> | undefined)?.onStarted?.()
        return
      case Op.taken:
      case Op.cancel:
        runtime.callee?.running.onControl(this, op, batch, at)
        return
      case Op.fetch:
        runtime.objects.serve(this, batch[at] as number, String(batch[at + 1]))
        return
      case Op.look:
        runtime.objects.serve(this, batch[at] as number, String(batch[at + 1]), Number(batch[at + 2]))
        return
      case Op.sized:
        ;(this.connection.pending.take(batch[at] as number) as Partial<PendingLook> | undefined)?.onSized?.(
          Number(batch[at + 1]),
        )
        return
      case Op.settled:
        tellWhenSettled(runtime, this, batch[at] as number, String(batch[at + 1]))
        return
      case Op.hold:
        runtime.objects.changeHold(String(batch[at]), String(batch[at + 1]), batch[at + 2] as number)
        return
      case Op.handOver:
        runtime.node?.takeObject(this, batch, at)
        return
      case Op.callback:
        runtime.callbacks.onCall(this, batch, at)
        return
      case Op.notify: {
        const name = String(batch[at])
        const payload = this.#open(batch[at + 1], batch[at + 2])
        if (!hearBlocked(runtime, this, name, payload)) runtime.onNotice(this, name, payload)
        return
      }
      case Op.request:
        void this.#answer(batch[at] as number, String(batch[at + 1]), this.#open(batch[at + 2], batch[at + 3]))
        return
    }
  }

  // Nothing of others runs in a main realm.
  #turnAway(callId: number, specials: unknown): void {
    const { values } = this.#runtime
    values.release(values.fromWire(specials))
    this.connection.send(Op.lost, callId, 'nothing runs here')
  }

  /** Sends a request whose fields are primitives; the answer goes to `pending`. */
  request(op: number, fields: readonly unknown[], pending: Pending): void {
    if (this.connection.isClosed) return pending.onLost('the connection is closed')
    this.connection.send(op, this.connection.pending.add(pending), ...fields)
  }

  /**
   * Posts what may have to be posted again: copied rather than moved. What can only be moved (a MessagePort, a stream)
   * is moved all the same; true then: there is no second time.
   */
  postKept(record: unknown[], transfer: readonly object[] | undefined): boolean {
    try {
      this.connection.post(record)
      return false
    } catch (error) {
      if (transfer === undefined || transfer.length === 0) throw error
      this.connection.post(record, transfer)
      return true
    }
  }

  /** Asks the control plane of the other realm. */
  ask<T>(name: string, payload: unknown, transfer?: readonly object[]): Promise<T> {
    // The answer is waited for, also when nothing else keeps a Node process up.
    this.#runtime.busy(1)
    const answer = new Promise<T>((resolve, reject) => {
      this.askThen(name, payload, transfer, { resolve: resolve as (answer: unknown) => void, reject })
    })
    return answer.finally(() => this.#runtime.busy(-1))
  }

  /** The same, with the answer told while its message is read: also in a realm that blocks. */
  askThen(name: string, payload: unknown, transfer: readonly object[] | undefined, asker: Asker): void {
    const { values } = this.#runtime
    if (this.connection.isClosed) return asker.reject(this.#runtime.lostError(this.peer, 'the connection is closed'))
    const packed = values.pack(payload, name)
    const callId = this.connection.pending.add({
      onValue: (value, specials) => asker.resolve(values.open({ value, specials: values.fromWire(specials) })),
      onError: (value, specials) =>
        asker.reject(values.openThrown({ value, specials: values.fromWire(specials) }).thrown),
      onLost: (reason) => asker.reject(this.#runtime.lostError(this.peer, reason)),
    })
    this.#post(
      [Op.request, callId, name, packed.value, values.toWire(packed.specials, this.peer)],
      transfer ?? packed.transfer,
      packed.value,
    )
    values.release(packed.specials)
  }

  /** Tells the other realm something; there is no answer. */
  tell(name: string, payload: unknown, transfer?: readonly object[]): void {
    const packed = this.#runtime.values.pack(payload, name)
    this.#post(
      [Op.notify, name, packed.value, this.#runtime.values.toWire(packed.specials, this.peer)],
      transfer ?? packed.transfer,
      packed.value,
    )
    this.#runtime.values.release(packed.specials)
  }

  replyValue(callId: number, packed: Packed, root: string): void {
    if (packed.specials === undefined && isPrimitive(packed.value)) {
      this.connection.send(Op.value, callId, packed.value, undefined)
      return
    }
    try {
      this.#post(
        [Op.value, callId, packed.value, this.#runtime.values.toWire(packed.specials, this.peer)],
        packed.transfer,
        packed.value,
      )
    } catch (error) {
      this.replyError(callId, this.#runtime.values.packThrown(this.#runtime.values.explain(error, packed.value, root)))
    }
  }

  replyError(callId: number, packed: Packed): void {
    this.#post(
      [Op.error, callId, packed.value, this.#runtime.values.toWire(packed.specials, this.peer)],
      packed.transfer,
      packed.value,
    )
  }

  #post(record: unknown[], transfer: readonly object[] | undefined, value: unknown): void {
    if (isPrimitive(value) && transfer === undefined) this.connection.send(...record)
    else this.connection.post(record, transfer)
  }

  #open(value: unknown, specials: unknown): unknown {
    return this.#runtime.values.open({ value, specials: this.#runtime.values.fromWire(specials) })
  }

  async #answer(callId: number, name: string, payload: unknown): Promise<void> {
    const { values } = this.#runtime
    try {
      const result = await this.#runtime.onRequest(this, name, payload)
      const packed = values.pack(result, 'result')
      this.replyValue(callId, packed, 'result')
      values.release(packed.specials)
    } catch (error) {
      this.replyError(callId, values.packThrown(error))
    }
  }
}

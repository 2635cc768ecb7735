import type { Channel } from '../protocol/channel.ts'
import { fieldCount, Op } from '../protocol/messages.ts'
import { type Pending, PendingTable } from './pending-table.ts'

/** Reads the records of a batch. `at` is the place of the record's first field. */
export interface RecordReader {
  read(op: number, batch: readonly unknown[], at: number): void
}

/** Wakes a realm that blocks. */
export interface Bell {
  ring(): void
}

const batchLimit = 64

/**
 * Requests and answers over a channel. Records are collected per microtask into one flat array; the first record on an
 * idle link goes at once. A record that holds an object is posted before this returns, so that it is copied as it is
 * now. When the channel closes, everything pending is told so, once.
 */
export class Connection {
  readonly pending: PendingTable<Pending> = new PendingTable()
  /** Rung after every message when the other realm has asked for it, so that it hears of them while it blocks. */
  bell: Bell | undefined
  readonly #channel: Channel
  readonly #onClose: (reason: string) => void
  readonly #onError: (error: unknown) => void
  #batch: unknown[] = []
  #recordCount = 0
  #isScheduled = false
  #closed: string | undefined
  #reader: RecordReader | undefined
  #lastHeard = 0

  /** @param onError told of what a reader or a pending call throws; the records behind it are read all the same. */
  constructor(channel: Channel, onClose: (reason: string) => void, onError: (error: unknown) => void = () => {}) {
    this.#channel = channel
    this.#onClose = onClose
    this.#onError = onError
  }

  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  /** Counts everything received; a ping compares it. */
  get heardCount(): number {
    return this.#lastHeard
  }

  listen(reader: RecordReader): void {
    this.#reader = reader
    this.#channel.listen(
      (message) => this.#receive(message),
      (reason) => this.close(reason),
    )
  }

  /** Sends a record of primitives, or of what nobody else will change: it may wait for others. */
  send(...record: readonly unknown[]): void {
    if (this.#closed !== undefined) return
    for (const field of record) this.#batch.push(field)
    this.#recordCount++
    this.#schedule()
  }

  /** Sends a record that holds objects: copied now. Throws, with nothing sent of it, when it cannot be copied. */
  post(record: unknown[], transfer?: readonly object[]): void {
    if (this.#closed !== undefined) return
    this.flush()
    this.#channel.post(record, transfer)
    this.bell?.ring()
  }

  flush(): void {
    if (this.#recordCount === 0) return
    const batch = this.#batch
    this.#batch = []
    this.#recordCount = 0
    if (this.#closed !== undefined) return
    this.#channel.post(batch)
    this.bell?.ring()
  }

  close(reason: string): void {
    if (this.#closed !== undefined) return
    this.#batch.push(Op.bye)
    this.#recordCount++
    this.flush()
    this.#closed = reason
    this.#channel.close()
    for (const pending of this.pending.drain()) this.#guard(() => pending.onLost(reason))
    this.#onClose(reason)
  }

  #schedule(): void {
    if (this.#isScheduled) {
      if (this.#recordCount >= batchLimit) this.flush()
      return
    }
    this.#isScheduled = true
    if (this.pending.count <= 1) this.flush()
    queueMicrotask(this.#endOfTurn)
  }

  readonly #endOfTurn = (): void => {
    this.#isScheduled = false
    this.flush()
  }

  #receive(message: unknown): void {
    if (this.#closed !== undefined || !Array.isArray(message)) return
    this.#lastHeard++
    const wasScheduled = this.#isScheduled
    // Answers made while a batch is read go out together.
    this.#isScheduled = true
    for (let at = 0; at < message.length; ) {
      const op: unknown = message[at]
      // It came from another realm: it may be anything.
      if (typeof op !== 'number') break
      const count = fieldCount[op]
      if (count === undefined || at + count >= message.length) break
      if (op === Op.ping) this.send(Op.pong)
      else if (op === Op.bye) this.close('the other side closed it')
      else if (op !== Op.pong) {
        try {
          this.#read(op, message, at + 1)
        } catch (error) {
          this.#onError(error)
        }
      }
      at += count + 1
    }
    this.#isScheduled = wasScheduled
    this.flush()
  }

  #guard(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#onError(error)
    }
  }

  #read(op: number, batch: readonly unknown[], at: number): void {
    switch (op) {
      case Op.value:
        this.pending.take(batch[at] as number)?.onValue(batch[at + 1], batch[at + 2])
        return
      case Op.error:
        this.pending.take(batch[at] as number)?.onError(batch[at + 1], batch[at + 2])
        return
      case Op.lost:
        this.pending.take(batch[at] as number)?.onLost(batch[at + 1] as string)
        return
      default:
        this.#reader!.read(op, batch, at)
    }
  }
}

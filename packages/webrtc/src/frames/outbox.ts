import { encodeData, payloadBytes, wrong } from './frame.ts'

interface Sent {
  readonly number: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

export interface OutboxLimits {
  readonly windowBytes: number
  readonly maxQueuedBytes: number
  readonly maxMessageBytes: number
}

/** What small frames count as at least: many of them take memory too. */
export const leastFrameBytes = 64
export const weightOf = (frame: { readonly byteLength: number }): number => Math.max(leastFrameBytes, frame.byteLength)

/**
 * The sending half of a lane. Messages become frames only when they are asked for; frames are kept until the other side
 * has acknowledged them, and sent again after a cut.
 */
export class Outbox {
  readonly #limits: OutboxLimits
  #queue: Uint8Array[] = []
  #queueAt = 0
  /** How much of the first message in the queue has become frames. */
  #offset = 0
  #queuedBytes = 0
  #kept: Sent[] = []
  #keptAt = 0
  /** The next kept frame to be sent again. */
  #resendAt = 0
  #keptBytes = 0
  #lastNumber = 0
  #acknowledged = 0

  constructor(limits: OutboxLimits) {
    this.#limits = limits
  }

  /** Bytes of messages that have not become frames. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Bytes of frames that may have to be sent again. */
  get keptBytes(): number {
    return this.#keptBytes
  }

  /** Takes a message; nobody changes it from now on. Throws RangeError when it is too long, or too much waits. */
  push(message: Uint8Array): void {
    const { maxMessageBytes, maxQueuedBytes } = this.#limits
    if (message.byteLength > maxMessageBytes)
      throw new RangeError(
        `A message of ${message.byteLength} bytes is too long for this channel: ${maxMessageBytes} is the most.`,
      )
    if (this.#queuedBytes > 0 && this.#queuedBytes + message.byteLength > maxQueuedBytes)
      throw new RangeError(
        `${this.#queuedBytes} bytes wait to be sent to this peer, and ${maxQueuedBytes} is the most: await drained() between posts.`,
      )
    this.#queue.push(message)
    this.#queuedBytes += message.byteLength
  }

  /** The next frame to be sent; undefined: nothing waits, or the window is full. */
  next(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#resendAt < this.#kept.length) return this.#kept[this.#resendAt++]!.bytes
    const message = this.#queue[this.#queueAt]
    if (message === undefined || this.#keptBytes >= this.#limits.windowBytes) return undefined
    const isFirst = this.#offset === 0
    const end = Math.min(message.byteLength, this.#offset + payloadBytes(isFirst))
    const payload = message.subarray(this.#offset, end)
    const isLast = end === message.byteLength
    const bytes = encodeData({ number: ++this.#lastNumber, isFirst, isLast, totalBytes: message.byteLength, payload })
    this.#queuedBytes -= payload.byteLength
    this.#offset = isLast ? 0 : end
    if (isLast) this.#dropFirst()
    this.#kept.push({ number: this.#lastNumber, bytes })
    this.#resendAt = this.#kept.length
    this.#keptBytes += weightOf(bytes)
    return bytes
  }

  /** The other side has all up to this number. One that was never sent is a ProtocolError; an old one says nothing. */
  acknowledge(number: number): void {
    if (number > this.#lastNumber) throw wrong(`an acknowledgement of frame ${number}; ${this.#lastNumber} were sent`)
    if (number <= this.#acknowledged) return
    this.#acknowledged = number
    for (
      let sent = this.#kept[this.#keptAt];
      sent !== undefined && sent.number <= number;
      sent = this.#kept[++this.#keptAt]
    )
      this.#keptBytes -= weightOf(sent.bytes)
    this.#resendAt = Math.max(this.#resendAt, this.#keptAt)
    if (this.#keptAt < 64 && this.#keptAt < this.#kept.length) return
    this.#kept = this.#kept.slice(this.#keptAt)
    this.#resendAt -= this.#keptAt
    this.#keptAt = 0
  }

  /** A new connection: the other side has all up to this number, and is to be sent the rest again. */
  resume(number: number): void {
    if (number < this.#acknowledged) throw wrong(`to go on at frame ${number}, after it had ${this.#acknowledged}`)
    this.acknowledge(number)
    this.#resendAt = this.#keptAt
  }

  #dropFirst(): void {
    // The message may be large: nothing here may hold it.
    this.#queue[this.#queueAt++] = new Uint8Array()
    if (this.#queueAt < 64 && this.#queueAt < this.#queue.length) return
    this.#queue = this.#queue.slice(this.#queueAt)
    this.#queueAt = 0
  }
}

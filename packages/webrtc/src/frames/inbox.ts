import { type DataFrame, maxFrameBytes, wrong } from './frame.ts'
import { weightOf } from './outbox.ts'

interface Held {
  readonly message: Uint8Array
  /** The number of its last frame. */
  readonly number: number
}

export interface InboxLimits {
  readonly windowBytes: number
  readonly maxMessageBytes: number
}

/**
 * The receiving half of a lane: frames become messages. What it keeps was received, never announced; whoever sends more
 * than the window allows, or other frames than the next, breaks the rules.
 */
export class Inbox {
  readonly #limits: InboxLimits
  /** The pieces of the message that is coming. */
  #pieces: Uint8Array[] = []
  #piecesBytes = 0
  #totalBytes = 0
  #isInMessage = false
  /** Messages that are whole and were not taken. */
  #held: Held[] = []
  #heldAt = 0
  #received = 0
  #acknowledged = 0
  /** What may still be counted as on its way. */
  #unacknowledged: { readonly number: number; readonly weight: number }[] = []
  #unacknowledgedAt = 0
  #unacknowledgedBytes = 0
  #repeatCount = 0

  constructor(limits: InboxLimits) {
    this.#limits = limits
  }

  /**
   * After which frame a new connection goes on. What waits to be taken comes again, and is dropped then: until it is
   * taken it counts as on its way.
   */
  goOn(): number {
    this.acknowledgement(true)
    return this.#acknowledged
  }

  /** Bytes kept for this lane. */
  get keptBytes(): number {
    let bytes = this.#piecesBytes
    for (let at = this.#heldAt; at < this.#held.length; at++) bytes += this.#held[at]!.message.byteLength
    return bytes
  }

  /** How many frames came again, and were dropped. */
  get repeatCount(): number {
    return this.#repeatCount
  }

  /** Takes a frame. Throws ProtocolError when it cannot be the next one. */
  receive(frame: DataFrame): void {
    if (frame.number <= this.#received) {
      this.#repeatCount++
      return
    }
    if (frame.number !== this.#received + 1)
      throw wrong(`frame ${frame.number} after frame ${this.#received}; some are missing`)
    const weight = weightOf(frame.payload)
    // A sender may begin one frame more than fits.
    if (this.#unacknowledgedBytes + weight > this.#limits.windowBytes + 2 * maxFrameBytes)
      throw wrong(`more than the ${this.#limits.windowBytes} bytes that may be on their way`)
    this.#check(frame)
    this.#received = frame.number
    this.#unacknowledged.push({ number: frame.number, weight })
    this.#unacknowledgedBytes += weight
    this.#pieces.push(frame.payload)
    this.#piecesBytes += frame.payload.byteLength
    this.#isInMessage = !frame.isLast
    if (frame.isLast) this.#complete()
  }

  #check({ isFirst, isLast, totalBytes, payload }: DataFrame): void {
    if (isFirst === this.#isInMessage) throw wrong(isFirst ? 'a message inside another' : 'the rest of no message')
    if (isFirst && totalBytes > this.#limits.maxMessageBytes)
      throw wrong(`a message of ${totalBytes} bytes; ${this.#limits.maxMessageBytes} is the most`)
    if (isFirst) this.#totalBytes = totalBytes
    const soFar = this.#piecesBytes + payload.byteLength
    if (isLast ? soFar !== this.#totalBytes : soFar >= this.#totalBytes)
      throw wrong(`${soFar} bytes of a message of ${this.#totalBytes}`)
  }

  #complete(): void {
    const [only] = this.#pieces
    let message = only!
    if (this.#pieces.length > 1) {
      // As many bytes as have come.
      message = new Uint8Array(this.#piecesBytes)
      let at = 0
      for (const piece of this.#pieces) {
        message.set(piece, at)
        at += piece.byteLength
      }
    }
    this.#pieces = []
    this.#piecesBytes = 0
    this.#held.push({ message, number: this.#received })
  }

  /** How long the next message is, in bytes; undefined: there is none. */
  get nextBytes(): number | undefined {
    return this.#held[this.#heldAt]?.message.byteLength
  }

  /** The next message, which there has to be. It counts as delivered from now on. */
  take(): Uint8Array {
    const held = this.#held[this.#heldAt]!
    this.#held[this.#heldAt++] = { message: empty, number: held.number }
    if (this.#heldAt >= 64 || this.#heldAt === this.#held.length) {
      this.#held = this.#held.slice(this.#heldAt)
      this.#heldAt = 0
    }
    return held.message
  }

  /** The number to acknowledge: all up to it is delivered, or part of what is coming. Undefined: not worth it yet. */
  acknowledgement(isForced: boolean): number | undefined {
    const held = this.#held[this.#heldAt]
    // The last frame of what is whole and was not taken holds its sender back; the pieces before it cannot.
    const upTo = held === undefined ? this.#received : held.number - 1
    if (upTo <= this.#acknowledged) return undefined
    if (!isForced && this.#unacknowledgedBytes < this.#limits.windowBytes / 4) return undefined
    this.#acknowledged = upTo
    for (
      let next = this.#unacknowledged[this.#unacknowledgedAt];
      next !== undefined && next.number <= upTo;
      next = this.#unacknowledged[++this.#unacknowledgedAt]
    )
      this.#unacknowledgedBytes -= next.weight
    if (this.#unacknowledgedAt >= 64 || this.#unacknowledgedAt === this.#unacknowledged.length) {
      this.#unacknowledged = this.#unacknowledged.slice(this.#unacknowledgedAt)
      this.#unacknowledgedAt = 0
    }
    return upTo
  }
}

const empty = new Uint8Array()

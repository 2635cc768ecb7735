import type { PeerLimits } from '../limits.ts'
import { bulkLane, controlLane, decodeFrame, encodeFrame, type Frame, type Lane, lanes, wrong } from './frame.ts'
import { Inbox } from './inbox.ts'
import { Outbox } from './outbox.ts'
import { Rate } from './rate.ts'

/** A message that has come whole, and by which channel. */
export interface Delivery {
  readonly lane: Lane
  readonly message: Uint8Array
}

/** What a frame means for the link, beside the messages it brings. */
export type Heard = 'data' | 'ack' | 'ping' | 'pong' | 'go' | { readonly bye: string }

/** More acknowledgements and heartbeats a second than this are a flood. */
const signalsPerSecond = 20_000

/**
 * What two linked nodes say to each other, over however many connections: numbered frames on two lanes, kept until they
 * are acknowledged, taken once. It knows no clock and no promise: frames go in and come out, and so does the time.
 */
export class Session {
  readonly id: string
  readonly #outboxes: readonly [Outbox, Outbox]
  readonly #inboxes: readonly [Inbox, Inbox]
  readonly #messages: Rate
  readonly #bytes: Rate
  readonly #signals = new Rate(signalsPerSecond)
  #nextLane: Lane = controlLane

  /** The limits are those that hold between the two: the smaller of both sides. */
  constructor(id: string, limits: PeerLimits) {
    this.id = id
    const { windowBytes, maxQueuedBytes, maxControlBytes, maxBulkBytes } = limits
    const ofLane = (maxMessageBytes: number) => ({ windowBytes, maxQueuedBytes, maxMessageBytes })
    const [control, bulk] = [ofLane(maxControlBytes), ofLane(maxBulkBytes)]
    this.#outboxes = [new Outbox(control), new Outbox(bulk)]
    this.#inboxes = [new Inbox(control), new Inbox(bulk)]
    this.#messages = new Rate(limits.messagesPerSecond)
    this.#bytes = new Rate(limits.bytesPerSecond)
  }

  /** Takes a message to be sent. Throws RangeError when it is too long, or too much waits. */
  send(lane: Lane, message: Uint8Array): void {
    this.#outboxes[lane].push(message)
  }

  /** The next frame for the channel of a lane. */
  next(lane: Lane): Uint8Array<ArrayBuffer> | undefined {
    return this.#outboxes[lane].next()
  }

  queuedBytes(lane: Lane): number {
    return this.#outboxes[lane].queuedBytes
  }

  /** Everything this link keeps in memory, both ways. */
  get keptBytes(): number {
    let bytes = 0
    for (const lane of lanes)
      bytes += this.#outboxes[lane].queuedBytes + this.#outboxes[lane].keptBytes + this.#inboxes[lane].keptBytes
    return bytes
  }

  /** How many frames came again after a cut, and were dropped. */
  get repeatCount(): number {
    return this.#inboxes[controlLane].repeatCount + this.#inboxes[bulkLane].repeatCount
  }

  /** A frame has come by the channel of a lane. Throws ProtocolError when the peer breaks the rules. */
  receive(lane: Lane, bytes: Uint8Array, nowMs: number): Heard {
    const frame = decodeFrame(bytes)
    if (frame.type === 'data') {
      this.#inboxes[lane].receive(frame)
      return 'data'
    }
    if (lane === bulkLane) throw wrong(`a frame of kind ${frame.type} on the bulk channel`)
    if (!this.#signals.take(1, nowMs))
      throw wrong(`more than ${signalsPerSecond} heartbeats and acknowledgements a second`)
    return this.#signal(frame)
  }

  #signal(frame: Exclude<Frame, { type: 'data' }>): Heard {
    if (frame.type === 'bye') return { bye: frame.reason }
    if (frame.type === 'ack') this.#outboxes[frame.lane].acknowledge(frame.number)
    return frame.type
  }

  /** The next message that has come on a lane that is open, by turns of the lanes, as fast as the limits allow. */
  take(nowMs: number, isOpen: readonly [boolean, boolean] = [true, true]): Delivery | undefined {
    for (const lane of [this.#nextLane, other(this.#nextLane)]) {
      const bytes = this.#inboxes[lane].nextBytes
      if (bytes === undefined || !isOpen[lane]) continue
      if (this.waitMs(nowMs) > 0) return undefined
      this.#messages.take(1, nowMs)
      this.#bytes.take(bytes, nowMs)
      this.#nextLane = other(lane)
      return { lane, message: this.#inboxes[lane].take() }
    }
    return undefined
  }

  /** Whether messages wait for the limits, and for how many milliseconds. */
  waitMs(nowMs: number): number {
    return Math.max(this.#messages.waitMs(nowMs), this.#bytes.waitMs(nowMs))
  }

  /** Frames for the control channel that acknowledge what has come; unless forced, only when it is much. */
  acknowledgements(isForced: boolean): Uint8Array<ArrayBuffer>[] {
    const frames: Uint8Array<ArrayBuffer>[] = []
    for (const lane of lanes) {
      const number = this.#inboxes[lane].acknowledgement(isForced)
      if (number !== undefined) frames.push(encodeFrame({ type: 'ack', lane, number }))
    }
    return frames
  }

  /** After which frame of each lane a new connection goes on. */
  goOn(): readonly [number, number] {
    return [this.#inboxes[controlLane].goOn(), this.#inboxes[bulkLane].goOn()]
  }

  /** A new connection; the other side has so much of each lane. Throws ProtocolError when that cannot be. */
  resume(received: readonly [number, number]): void {
    for (const lane of lanes) this.#outboxes[lane].resume(received[lane])
  }
}

const other = (lane: Lane): Lane => (lane === controlLane ? bulkLane : controlLane)

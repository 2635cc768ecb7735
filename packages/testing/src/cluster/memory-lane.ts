import type { ChannelCapabilities, PeerChannel } from 'troupe/adapter'

/** What a lane asks of the network that carries it. */
export interface LaneCarrier {
  /** Whether anything gets through now. */
  isCut(): boolean
  /** Runs after some time, which may differ from call to call. */
  later(byteCount: number, act: () => void): void
  chance(probability: number): boolean
  readonly lossProbability: number
  readonly duplicateProbability: number
  /** After this time what was lost is sent again. */
  readonly resendMs: number
  after(ms: number, act: () => void): void
  /** One end was closed on purpose. */
  closed(lane: MemoryLane): void
}

const capabilities: ChannelCapabilities = { ports: false, transfer: false, sharedMemory: false, bytes: true }
const littleBytes = 128 * 1024

/**
 * One end of a channel of bytes over a network that loses, repeats and reorders: numbers and acknowledgements make it
 * whole again.
 */
export class MemoryLane implements PeerChannel {
  readonly capabilities: ChannelCapabilities = capabilities
  readonly #carrier: LaneCarrier
  #other: MemoryLane | undefined
  #nextNumber = 0
  #expected = 0
  readonly #unacknowledged = new Map<number, Uint8Array>()
  readonly #early = new Map<number, Uint8Array>()
  readonly #arrived: Uint8Array[] = []
  readonly #waiting: (() => void)[] = []
  #queuedBytes = 0
  #isClosed = false
  #closeReason: string | undefined
  #onMessage: ((message: unknown) => void) | undefined
  #onClose: ((reason: string) => void) | undefined

  private constructor(carrier: LaneCarrier) {
    this.#carrier = carrier
  }

  static pair(carrier: LaneCarrier): [MemoryLane, MemoryLane] {
    const [a, b] = [new MemoryLane(carrier), new MemoryLane(carrier)]
    a.#other = b
    b.#other = a
    return [a, b]
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  post(message: unknown): void {
    if (!(message instanceof Uint8Array)) throw new TypeError('a peer channel carries bytes: post a Uint8Array')
    if (this.#isClosed) return
    const number = this.#nextNumber++
    // A copy over memory of its own, also of shared memory.
    this.#unacknowledged.set(number, new Uint8Array(message))
    this.#queuedBytes += message.byteLength
    this.#send(number)
  }

  drained(): PromiseLike<void> {
    if (this.#isClosed || this.#queuedBytes <= littleBytes) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  listen(onMessage: (message: unknown) => void, onClose: (reason: string) => void): void {
    this.#onMessage = onMessage
    this.#onClose = onClose
    for (const message of this.#arrived.splice(0)) onMessage(message)
    if (this.#closeReason !== undefined) this.end(this.#closeReason)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#wake()
    this.#carrier.closed(this)
  }

  /** The link is gone. What was not delivered never is. */
  end(reason: string): void {
    this.#closeReason ??= reason
    this.#wake()
    if (this.#isClosed && this.#onClose === undefined) return
    this.#isClosed = true
    const tell = this.#onClose
    this.#onClose = undefined
    this.#onMessage = undefined
    tell?.(reason)
  }

  /** The network works again: what was held goes now. */
  resume(): void {
    for (const number of this.#unacknowledged.keys()) this.#send(number)
  }

  #send(number: number): void {
    const message = this.#unacknowledged.get(number)
    if (message === undefined || this.#isClosed || this.#carrier.isCut()) return
    const { lossProbability, duplicateProbability, resendMs } = this.#carrier
    const copies = this.#carrier.chance(duplicateProbability) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      if (this.#carrier.chance(lossProbability)) continue
      this.#carrier.later(message.byteLength, () => {
        if (!this.#carrier.isCut() && this.#other?.arrives(number, message) === true) this.#acknowledged(number)
      })
    }
    if (lossProbability > 0) this.#carrier.after(resendMs, () => this.#send(number))
  }

  #acknowledged(number: number): void {
    const message = this.#unacknowledged.get(number)
    if (message === undefined) return
    this.#unacknowledged.delete(number)
    this.#queuedBytes -= message.byteLength
    if (this.#queuedBytes <= littleBytes) this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** A datagram is here, perhaps again, perhaps early. True: it need not be sent again. */
  private arrives(number: number, message: Uint8Array): boolean {
    if (this.#isClosed) return false
    if (number >= this.#expected) this.#early.set(number, message)
    for (let next = this.#early.get(this.#expected); next !== undefined; next = this.#early.get(this.#expected)) {
      this.#early.delete(this.#expected++)
      if (this.#onMessage === undefined) this.#arrived.push(next)
      else this.#onMessage(next)
    }
    return true
  }
}

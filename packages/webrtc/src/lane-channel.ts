import type { ChannelCapabilities, PeerChannel } from 'troupe/adapter'

/** What a channel needs of its link. */
export interface LaneOwner {
  post(message: Uint8Array): void
  readonly queuedBytes: number
  /** Somebody listens now. */
  opened(): void
  /** The user has closed it. */
  closed(): void
}

const capabilities: ChannelCapabilities = { ports: false, transfer: false, sharedMemory: false, bytes: true }

/** So little waits that a sender of much may go on, in bytes. */
export const littleBytes: number = 128 * 1024

/** One of the two channels of a link. */
export class LaneChannel implements PeerChannel {
  readonly capabilities: ChannelCapabilities = capabilities
  readonly #owner: LaneOwner
  readonly #waiting: (() => void)[] = []
  #isClosed = false
  #closeReason: string | undefined
  #onMessage: ((message: unknown) => void) | undefined
  #onClose: ((reason: string) => void) | undefined

  constructor(owner: LaneOwner) {
    this.#owner = owner
  }

  get isOpen(): boolean {
    return this.#onMessage !== undefined && !this.#isClosed
  }

  get queuedBytes(): number {
    return this.#isClosed ? 0 : this.#owner.queuedBytes
  }

  /** Copies the bytes; those whose buffer is in `transfer` are moved instead. Throws RangeError when too much waits. */
  post(message: unknown, transfer?: readonly object[]): void {
    if (!(message instanceof Uint8Array)) throw new TypeError('A peer channel carries bytes: post a Uint8Array.')
    if (!this.#isClosed) this.#owner.post(transfer?.includes(message.buffer) ? moved(message) : new Uint8Array(message))
  }

  drained(): Promise<void> {
    if (this.queuedBytes <= littleBytes) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  listen(onMessage: (message: unknown) => void, onClose: (reason: string) => void): void {
    if (this.#closeReason !== undefined) return onClose(this.#closeReason)
    this.#onMessage = onMessage
    this.#onClose = onClose
    this.#owner.opened()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#owner.closed()
  }

  /** A message has come whole. */
  deliver(message: Uint8Array): void {
    this.#onMessage?.(message)
  }

  /** Something was sent: perhaps little waits now. */
  sent(): void {
    if (this.#waiting.length > 0 && this.queuedBytes <= littleBytes) this.#wake()
  }

  /** The link is over. */
  end(reason: string): void {
    const isNews = !this.#isClosed
    this.#isClosed = true
    this.#closeReason ??= reason
    this.#wake()
    if (isNews) this.#onClose?.(reason)
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

function moved(message: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = message
  const taken = structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
  return new Uint8Array(taken, byteOffset, byteLength)
}

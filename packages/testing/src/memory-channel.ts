import type { Channel, ChannelCapabilities } from 'troupe/adapter'

const all: ChannelCapabilities = { ports: true, transfer: true, sharedMemory: true, bytes: false }

export interface MemoryChannelOptions {
  /** What it says it can carry; everything but bytes alone, unless told. */
  readonly capabilities?: Partial<ChannelCapabilities>
  /** Messages wait for `arrive()`; otherwise each arrives in a task of its own. */
  readonly isManual?: boolean
}

/** One end of a channel in memory. Messages are copied when they are posted, as a port does. */
export class MemoryChannel implements Channel {
  readonly capabilities: ChannelCapabilities
  /** Everything that was posted here. */
  readonly posted: unknown[] = []
  readonly transfers: (readonly object[] | undefined)[] = []
  isClosed = false
  readonly #isManual: boolean
  #arrivals: unknown[] = []
  #other: MemoryChannel | undefined
  #onMessage: ((message: unknown) => void) | undefined
  #onClose: ((reason: string) => void) | undefined

  private constructor({ capabilities = {}, isManual = false }: MemoryChannelOptions) {
    this.capabilities = { ...all, ...capabilities }
    this.#isManual = isManual
  }

  /** Two ends of one channel. */
  static pair(options: MemoryChannelOptions = {}): [MemoryChannel, MemoryChannel] {
    const [a, b] = [new MemoryChannel(options), new MemoryChannel(options)]
    a.#other = b
    b.#other = a
    return [a, b]
  }

  post(message: unknown, transfer?: readonly object[]): void {
    const copy: unknown = structuredClone(message, { transfer: (transfer ?? []) as Transferable[] })
    if (this.isClosed) return
    this.posted.push(copy)
    this.transfers.push(transfer)
    if (this.#other !== undefined) this.#other.#take(copy)
  }

  #take(message: unknown): void {
    this.#arrivals.push(message)
    if (!this.#isManual && this.#onMessage !== undefined) setTimeout(() => this.#next(), 0)
  }

  #next(): void {
    if (this.isClosed || this.#arrivals.length === 0) return
    this.#onMessage?.(this.#arrivals.shift())
  }

  listen(onMessage: (message: unknown) => void, onClose: (reason: string) => void): void {
    this.#onMessage = onMessage
    this.#onClose = onClose
    if (!this.#isManual) for (const _ of this.#arrivals) setTimeout(() => this.#next(), 0)
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#other?.breaks('the other side closed')
  }

  /** The channel is gone from under this end. */
  breaks(reason: string): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#onClose?.(reason)
  }

  /** What has been posted at the other end arrives here. */
  arrive(): void {
    for (const message of this.#arrivals.splice(0)) this.#onMessage?.(message)
  }

  /** Something arrives that the other end never posted. */
  inject(message: unknown): void {
    this.#onMessage?.(message)
  }
}

import type { Channel } from '../../src/protocol/channel.ts'

const capabilities = { ports: true, transfer: true, sharedMemory: true, bytes: false }

/** One end of a pipe in memory. Messages are copied when posted and arrive when the test says so. */
export class TestChannel implements Channel {
  readonly capabilities = capabilities
  /** Everything that was posted here. */
  readonly posted: unknown[] = []
  readonly transfers: (readonly object[] | undefined)[] = []
  isClosed = false
  #arrivals: unknown[] = []
  #other: TestChannel | undefined
  #onMessage: ((message: unknown) => void) | undefined
  #onClose: ((reason: string) => void) | undefined

  static pair(): [TestChannel, TestChannel] {
    const [a, b] = [new TestChannel(), new TestChannel()]
    a.#other = b
    b.#other = a
    return [a, b]
  }

  post(message: unknown, transfer?: readonly object[]): void {
    const copy: unknown = structuredClone(message, { transfer: (transfer ?? []) as Transferable[] })
    if (this.isClosed) return
    this.posted.push(copy)
    this.transfers.push(transfer)
    if (this.#other !== undefined) this.#other.#arrivals.push(copy)
  }

  listen(onMessage: (message: unknown) => void, onClose: (reason: string) => void): void {
    this.#onMessage = onMessage
    this.#onClose = onClose
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#other?.breaks('the other side closed')
  }

  /** The pipe is gone from under this end. */
  breaks(reason: string): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#onClose?.(reason)
  }

  /** What has been posted at the other end arrives here. */
  arrive(): void {
    for (const message of this.#arrivals.splice(0)) this.#onMessage?.(message)
  }

  /** A message that no Connection made. */
  inject(message: unknown): void {
    this.#onMessage?.(message)
  }
}

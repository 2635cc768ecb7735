/** What a channel can carry. The codec refuses, with the path, what its channel cannot. */
export interface ChannelCapabilities {
  /** MessagePorts and streams can travel. */
  readonly ports: boolean
  /** ArrayBuffers and other transferables can be moved instead of copied. */
  readonly transfer: boolean
  /** SharedArrayBuffers arrive as the same memory. */
  readonly sharedMemory: boolean
  /** Only bytes travel: messages must be encoded first. */
  readonly bytes: boolean
}

/**
 * An ordered, reliable, two-way pipe between two realms. Implement it to add a transport.
 *
 * Guarantees a channel must give: messages arrive once, in the order they were posted, and none before `listen`.
 * `onClose` is called at most once, also when the other side died; nothing is delivered after it.
 */
export interface Channel {
  readonly capabilities: ChannelCapabilities
  /** Copies and sends. Throws at once when the message cannot be copied; then nothing was sent. */
  post(message: unknown, transfer?: readonly object[]): void
  listen(onMessage: (message: unknown) => void, onClose: (reason: string) => void): void
  /** Ends the pipe on both sides. Messages already posted may still arrive. */
  close(): void
}

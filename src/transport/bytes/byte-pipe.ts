/**
 * An ordered, reliable, two-way stream of bytes between two realms: a socket, or a data channel. `ByteChannel` makes a
 * Channel of it. It holds what comes before `listen`; where it is cut in pieces means nothing.
 */
export interface BytePipe {
  /** Sends these parts, one behind the other; nobody changes them afterwards. Nothing happens once it is closed. */
  write(parts: readonly Uint8Array[]): void
  /** `onClose` is called at most once, also when the other side died; nothing comes after it. */
  listen(onBytes: (bytes: Uint8Array) => void, onClose: (reason: string) => void): void
  /** Ends it on both sides, after what was written. */
  close(): void
}

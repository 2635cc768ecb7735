import type { Channel, ChannelCapabilities } from '../../protocol/channel.ts'
import { ProtocolError, SerializationError } from '../../protocol/errors.ts'
import type { BytePipe } from './byte-pipe.ts'
import { decodeMessage } from './decode.ts'
import { type EncodedMessage, encodeMessage } from './encode.ts'
import { FrameReader, frameBytes, frameHead } from './frames.ts'

const capabilities: ChannelCapabilities = { ports: false, transfer: false, sharedMemory: false, bytes: false }

/** No message is larger unless told, in bytes. */
const defaultLimitBytes = 2 ** 30

export interface ByteChannelOptions {
  /** The largest message that is sent or taken, with its buffers, in bytes. Default: 1 GiB. */
  readonly limitBytes?: number
}

/**
 * A channel over a stream of bytes. Messages are copied when they are posted, buffers in the transfer list are moved out
 * of the sender's hands. What comes may be anything: what is no message closes the channel, with the reason.
 */
export class ByteChannel implements Channel {
  readonly capabilities: ChannelCapabilities = capabilities
  readonly #pipe: BytePipe
  readonly #limitBytes: number
  #isClosed = false

  constructor(pipe: BytePipe, { limitBytes = defaultLimitBytes }: ByteChannelOptions = {}) {
    this.#pipe = pipe
    this.#limitBytes = limitBytes
  }

  /** SerializationError, with the path, for what has no bytes or is too large; nothing was sent then. */
  post(message: unknown, transfer: readonly object[] = []): void {
    for (const item of transfer) if (!(item instanceof ArrayBuffer)) throw notMovable(item)
    const encoded = encodeMessage(message)
    const bytes = frameBytes(encoded)
    if (bytes > this.#limitBytes)
      throw new SerializationError(
        `Could not serialize message: it takes ${bytes} bytes, and ${this.#limitBytes} bytes may be sent at once. Send it in parts.`,
        { path: 'message', bytes },
      )
    if (this.#isClosed) return
    const owned: EncodedMessage = { body: encoded.body, buffers: ownBuffers(encoded, transfer as ArrayBuffer[]) }
    this.#pipe.write([frameHead(owned), owned.body, ...owned.buffers])
  }

  listen(onMessage: (message: unknown) => void, onClose: (reason: string) => void): void {
    const reader = new FrameReader(this.#limitBytes, ({ body, buffers }) => {
      if (!this.#isClosed) onMessage(decodeMessage(body, buffers))
    })
    this.#pipe.listen(
      (piece) => {
        if (this.#isClosed) return
        try {
          reader.read(piece)
        } catch (error) {
          // A bug of whoever listens is not the peer's doing.
          if (!(error instanceof ProtocolError)) throw error
          this.close()
          onClose(error.message)
        }
      },
      (reason) => {
        if (this.#isClosed) return
        this.#isClosed = true
        onClose(reason)
      },
    )
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#pipe.close()
  }
}

// The sender may change its memory at once: what is not moved is copied.
function ownBuffers({ buffers }: EncodedMessage, transfer: readonly ArrayBuffer[]): Uint8Array[] {
  const moved = new Map(
    transfer.map((buffer) => [buffer as ArrayBufferLike, structuredClone(buffer, { transfer: [buffer] })]),
  )
  return buffers.map((bytes) => {
    const buffer = moved.get(bytes.buffer)
    return buffer === undefined ? copyOf(bytes) : new Uint8Array(buffer)
  })
}

// Not `slice`: that of a Node Buffer copies nothing.
function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return copy
}

function notMovable(item: object): SerializationError {
  const { name } = item.constructor
  return new SerializationError(
    `Could not serialize message: a ${name} cannot be moved over a channel that carries bytes alone. Pass data in its place.`,
    { path: 'message', part: item },
  )
}

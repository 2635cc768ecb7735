import { ProtocolError } from '../../protocol/errors.ts'
import type { EncodedMessage } from './encode.ts'

/** A message whose parts have all come. */
export interface Frame {
  readonly body: Uint8Array
  readonly buffers: readonly ArrayBuffer[]
}

/** As much is taken for a part before any of it has come. */
const startBytes = 65_536
const growth = 4
const lengthBytes = 4

/** What stands before a message: the lengths of its body and of each of its buffers. */
export function frameHead({ body, buffers }: EncodedMessage): Uint8Array {
  const view = new DataView(new ArrayBuffer(lengthBytes * (2 + buffers.length)))
  view.setUint32(0, body.length, true)
  view.setUint32(lengthBytes, buffers.length, true)
  buffers.forEach((bytes, index) => view.setUint32(lengthBytes * (2 + index), bytes.length, true))
  return new Uint8Array(view.buffer)
}

/** How many bytes a message takes with its head. */
export function frameBytes({ body, buffers }: EncodedMessage): number {
  return buffers.reduce((sum, bytes) => sum + bytes.length, body.length + lengthBytes * (2 + buffers.length))
}

/**
 * Puts messages together from pieces of a stream that may hold anything. Memory grows with what has come, and a message
 * of more than `limitBytes` in all is a ProtocolError before any of it is taken.
 */
export class FrameReader {
  readonly #limitBytes: number
  readonly #onFrame: (frame: Frame) => void
  #part: Part
  #lengths: number[] | undefined
  #buffers: ArrayBuffer[] = []
  #body: ArrayBuffer | undefined

  constructor(limitBytes: number, onFrame: (frame: Frame) => void) {
    this.#limitBytes = limitBytes
    this.#onFrame = onFrame
    this.#part = new Part(2 * lengthBytes)
  }

  /** Bytes that are held for a message that is not complete. */
  get heldBytes(): number {
    return this.#buffers.reduce((sum, { byteLength }) => sum + byteLength, this.#part.heldBytes)
  }

  /** @throws ProtocolError when this is no message; nothing of the stream can be used from there on. */
  read(piece: Uint8Array): void {
    let rest = piece
    do {
      const taken = this.#part.fill(rest)
      rest = rest.subarray(taken)
      if (this.#part.isFull) this.#next(this.#part.take())
    } while (rest.length > 0)
  }

  #next(part: ArrayBuffer): void {
    if (this.#lengths === undefined) return this.#head(part)
    if (this.#lengths.length === 0 && this.#pendingLengths > 0) return this.#table(part)
    if (this.#body === undefined) this.#body = part
    else this.#buffers.push(part)
    this.#expect()
  }

  #pendingLengths = 0
  #bodyBytes = 0

  #head(part: ArrayBuffer): void {
    const view = new DataView(part)
    const [bodyBytes, count] = [view.getUint32(0, true), view.getUint32(lengthBytes, true)]
    this.#checkTotal(bodyBytes + count * lengthBytes)
    // A buffer is named in the body, which takes two bytes at least.
    if (count > bodyBytes / 2) throw new ProtocolError(`A message of ${bodyBytes} bytes cannot hold ${count} buffers.`)
    this.#lengths = []
    this.#bodyBytes = bodyBytes
    this.#pendingLengths = count
    if (count > 0) this.#part = new Part(count * lengthBytes)
    else this.#begin([])
  }

  #table(part: ArrayBuffer): void {
    const view = new DataView(part)
    const lengths = Array.from({ length: this.#pendingLengths }, (_, at) => view.getUint32(at * lengthBytes, true))
    this.#checkTotal(lengths.reduce((sum, length) => sum + length, this.#bodyBytes))
    this.#pendingLengths = 0
    this.#begin(lengths)
  }

  #begin(lengths: number[]): void {
    this.#lengths = [this.#bodyBytes, ...lengths]
    this.#expect()
  }

  // The next part, or the message when there is none left.
  #expect(): void {
    const length = this.#lengths!.shift()
    if (length === undefined) return this.#done()
    this.#part = new Part(length)
    if (length === 0) this.#next(this.#part.take())
  }

  #done(): void {
    const frame: Frame = { body: new Uint8Array(this.#body!), buffers: this.#buffers }
    this.#lengths = undefined
    this.#body = undefined
    this.#buffers = []
    this.#part = new Part(2 * lengthBytes)
    this.#onFrame(frame)
  }

  #checkTotal(bytes: number): void {
    if (bytes > this.#limitBytes)
      throw new ProtocolError(`A message of ${bytes} bytes came; ${this.#limitBytes} bytes are allowed.`, {
        bytes,
        limitBytes: this.#limitBytes,
      })
  }
}

/** Bytes that are expected. */
class Part {
  readonly #length: number
  #bytes: Uint8Array<ArrayBuffer>
  #at = 0

  constructor(length: number) {
    this.#length = length
    this.#bytes = new Uint8Array(Math.min(length, startBytes))
  }

  get isFull(): boolean {
    return this.#at === this.#length
  }

  get heldBytes(): number {
    return this.#bytes.length
  }

  /** Takes what it can of a piece, and says how much. */
  fill(piece: Uint8Array): number {
    const taken = Math.min(piece.length, this.#length - this.#at)
    const end = this.#at + taken
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(this.#length, Math.max(end, this.#bytes.length * growth)))
      larger.set(this.#bytes.subarray(0, this.#at))
      this.#bytes = larger
    }
    this.#bytes.set(taken === piece.length ? piece : piece.subarray(0, taken), this.#at)
    this.#at = end
    return taken
  }

  take(): ArrayBuffer {
    return this.#bytes.buffer
  }
}

import { ProtocolError } from '../../protocol/errors.ts'
import { maxShortText, Tag } from './tags.ts'

/** Up to this length a loop is quicker than TextDecoder. */
const loopLength = 24
const unitsAtOnce = 4096

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads bytes that came from outside: what goes beyond their end, or is no text, is a ProtocolError. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Bytes that were not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw cut()
    return this.#bytes[this.#at++]!
  }

  count(): number {
    let count = 0
    for (let factor = 1; factor < 2 ** 53; factor *= 0x80) {
      const byte = this.byte()
      count += (byte & 0x7f) * factor
      if (byte < 0x80) {
        if (!Number.isSafeInteger(count)) break
        return count
      }
    }
    throw new ProtocolError('A message holds a number that is too large to be a length.')
  }

  /** The number of parts that follow; each takes so many bytes at least, so a few bytes cannot promise many. */
  partCount(leastBytes: number): number {
    const count = this.count()
    if (count > this.left / leastBytes) throw cut()
    return count
  }

  int32(): number {
    return this.#view.getInt32(this.#skip(4), true)
  }

  float64(): number {
    return this.#view.getFloat64(this.#skip(8), true)
  }

  /** A view on the next bytes. */
  raw(length: number): Uint8Array {
    const at = this.#skip(length)
    return this.#bytes.subarray(at, at + length)
  }

  /** A text with its tag. */
  text(): string {
    const text = this.textOf(this.byte())
    if (text === undefined) throw new ProtocolError('A message has something else where a text must be.')
    return text
  }

  /** The text that a tag begins; undefined when it begins something else. */
  textOf(tag: number): string | undefined {
    if (tag >= Tag.shortText) return this.#utf8(Math.min(tag - Tag.shortText, maxShortText))
    if (tag === Tag.utf8) return this.#utf8(this.count())
    return tag === Tag.utf16 ? this.#utf16() : undefined
  }

  #utf8(length: number): string {
    const at = this.#skip(length)
    if (length <= loopLength) {
      let text = ''
      for (let i = at; i < at + length; i++) {
        const unit = this.#bytes[i]!
        if (unit > 0x7f) return this.#decode(at, length)
        text += String.fromCharCode(unit)
      }
      return text
    }
    return this.#decode(at, length)
  }

  #decode(at: number, length: number): string {
    try {
      return decoder.decode(this.#bytes.subarray(at, at + length))
    } catch (error) {
      throw new ProtocolError('A text in a message is no UTF-8.', { cause: error })
    }
  }

  #utf16(): string {
    const length = this.partCount(2)
    const at = this.#skip(length * 2)
    let text = ''
    for (let from = 0; from < length; from += unitsAtOnce) {
      const units: number[] = []
      for (let i = from; i < Math.min(length, from + unitsAtOnce); i++)
        units.push(this.#view.getUint16(at + i * 2, true))
      text += String.fromCharCode(...units)
    }
    return text
  }

  #skip(count: number): number {
    const at = this.#at
    if (count > this.#bytes.length - at) throw cut()
    this.#at = at + count
    return at
  }
}

function cut(): ProtocolError {
  return new ProtocolError('A message ends in the middle of a value.')
}

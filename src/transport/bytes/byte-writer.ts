import { maxShortText, Tag } from './tags.ts'

/** Beyond this length TextEncoder is quicker than a loop. */
const loopLength = 64
const startBytes = 1024
/** A buffer that grew beyond this is not used again. */
const keptBytes = 65_536

const encoder = new TextEncoder()

/** Bytes that grow while they are written. One is used again for every message. */
export class ByteWriter {
  #bytes = new Uint8Array(startBytes)
  #view = new DataView(this.#bytes.buffer)
  #at = 0

  start(): void {
    this.#at = 0
  }

  /** A copy of what was written since `start`. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#at)
    if (this.#bytes.length > keptBytes) this.#use(new Uint8Array(startBytes))
    this.#at = 0
    return taken
  }

  byte(value: number): void {
    const at = this.#room(1)
    this.#bytes[at] = value
  }

  /** A whole number from 0 on: seven bits a byte, the lowest first. */
  count(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      this.byte((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.byte(rest)
  }

  int32(value: number): void {
    const at = this.#room(4)
    this.#view.setInt32(at, value, true)
  }

  float64(value: number): void {
    const at = this.#room(8)
    this.#view.setFloat64(at, value, true)
  }

  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** A text with its tag: as UTF-8, or by its code units where lone surrogates would be lost. */
  text(text: string): void {
    const { length } = text
    if (length <= loopLength && this.#ascii(text)) return
    if (hasLoneSurrogates(text)) return this.#utf16(text)
    const encoded = encoder.encode(text)
    this.byte(Tag.utf8)
    this.count(encoded.length)
    this.raw(encoded)
  }

  // False, with nothing written: it is not all ASCII.
  #ascii(text: string): boolean {
    const { length } = text
    const start = this.#at
    if (length <= maxShortText) this.byte(Tag.shortText + length)
    else {
      this.byte(Tag.utf8)
      this.count(length)
    }
    const at = this.#room(length)
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f) {
        this.#at = start
        return false
      }
      this.#bytes[at + i] = unit
    }
    return true
  }

  #utf16(text: string): void {
    const { length } = text
    this.byte(Tag.utf16)
    this.count(length)
    const at = this.#room(length * 2)
    for (let i = 0; i < length; i++) this.#view.setUint16(at + i * 2, text.charCodeAt(i), true)
  }

  // To be called before the bytes are looked at: it may make new ones.
  #room(count: number): number {
    const at = this.#at
    this.#at += count
    if (this.#at > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#at, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, at))
      this.#use(larger)
    }
    return at
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}

const isWellFormed = (String.prototype as { isWellFormed?: () => boolean }).isWellFormed

function hasLoneSurrogates(text: string): boolean {
  if (isWellFormed !== undefined) return !isWellFormed.call(text)
  return /\p{Surrogate}/u.test(text)
}

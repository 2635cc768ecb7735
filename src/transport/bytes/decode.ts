import { ProtocolError } from '../../protocol/errors.ts'
import { ByteReader } from './byte-reader.ts'
import { errorTypes, maxDepth, Tag, viewTypes } from './tags.ts'

type ViewMaker = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ArrayBufferView
type ErrorMaker = new (message: string, options?: { cause: unknown }) => Error

/** An array that is filled only here and there is kept as a table from this length on. */
const sparseLength = 2048

/**
 * The message that `encodeMessage` made bytes of. The bytes may be anything: what is no message is a ProtocolError, and
 * memory is taken for what has come, never for what is promised. Each of `buffers` becomes memory of the message.
 */
export function decodeMessage(body: Uint8Array, buffers: readonly ArrayBuffer[] = []): unknown {
  const decoding = new Decoding(body, buffers)
  try {
    const value = decoding.value(0)
    decoding.end()
    return value
  } catch (error) {
    if (error instanceof ProtocolError) throw error
    // A pattern that is none, a stack that is full already.
    const why = error instanceof Error ? error.message : String(error)
    throw new ProtocolError(`A message cannot be read: ${why}`, { cause: error })
  }
}

class Decoding {
  readonly #reader: ByteReader
  readonly #buffers: readonly ArrayBuffer[]
  #bufferCount = 0
  /** Objects by number, also those that are being made. */
  readonly #seen: (object | undefined)[] = []

  constructor(body: Uint8Array, buffers: readonly ArrayBuffer[]) {
    this.#reader = new ByteReader(body)
    this.#buffers = buffers
  }

  end(): void {
    if (this.#reader.left > 0) throw new ProtocolError(`${this.#reader.left} bytes follow the end of a message.`)
    if (this.#bufferCount < this.#buffers.length)
      throw new ProtocolError('A buffer came with a message that does not hold it.')
  }

  value(depth: number): unknown {
    const reader = this.#reader
    const tag = reader.byte()
    if (tag < 0x80) return tag
    switch (tag) {
      case Tag.undefined:
        return undefined
      case Tag.null:
        return null
      case Tag.true:
        return true
      case Tag.false:
        return false
      case Tag.int32:
        return reader.int32()
      case Tag.float64:
        return reader.float64()
      case Tag.bigint:
        return toBigInt(reader.text())
      case Tag.seen:
        return this.#known()
      default:
        return reader.textOf(tag) ?? this.#object(tag, depth)
    }
  }

  #known(): object {
    const number = this.#reader.count()
    const known = this.#seen[number]
    if (known === undefined) throw new ProtocolError(`A message points to its object ${number}, which is not there.`)
    return known
  }

  #object(tag: number, depth: number): object {
    if (depth >= maxDepth) throw new ProtocolError(`A message is nested deeper than ${maxDepth} levels.`)
    const place = this.#seen.length
    // Its place is taken before its parts take theirs.
    this.#seen.push(undefined)
    const begun = (object: object): void => {
      this.#seen[place] = object
    }
    const object = this.#make(tag, depth + 1, begun)
    this.#seen[place] = object
    return object
  }

  #make(tag: number, depth: number, begun: (object: object) => void): object {
    const reader = this.#reader
    switch (tag) {
      case Tag.array:
        return this.#array(depth, begun)
      case Tag.keyedArray:
        return this.#keyedArray(depth, begun)
      case Tag.object: {
        const object = {}
        begun(object)
        this.#entries(object, depth)
        return object
      }
      case Tag.map: {
        const map = new Map<unknown, unknown>()
        begun(map)
        for (let left = reader.partCount(2); left > 0; left--) {
          const key = this.value(depth)
          map.set(key, this.value(depth))
        }
        return map
      }
      case Tag.set: {
        const set = new Set<unknown>()
        begun(set)
        for (let left = reader.partCount(1); left > 0; left--) set.add(this.value(depth))
        return set
      }
      case Tag.date:
        return new Date(reader.float64())
      case Tag.regExp: {
        const source = reader.text()
        return new RegExp(source, reader.text())
      }
      case Tag.buffer:
        return reader.raw(reader.count()).slice().buffer
      case Tag.attachedBuffer:
        return this.#attached()
      case Tag.view:
        return this.#view(depth)
      case Tag.boxed:
        return this.#boxed(depth)
      case Tag.error:
        return this.#error(depth, begun)
      default:
        throw new ProtocolError(`A message holds the unknown tag ${tag}.`)
    }
  }

  // Not made at its length: a byte could ask for eight.
  #array(depth: number, begun: (object: object) => void): unknown[] {
    const array: unknown[] = []
    begun(array)
    for (let left = this.#reader.partCount(1); left > 0; left--) array.push(this.value(depth))
    return array
  }

  #keyedArray(depth: number, begun: (object: object) => void): unknown[] {
    const length = this.#reader.count()
    if (length > 2 ** 32 - 1) throw new ProtocolError(`A message holds a list of the length ${length}.`)
    const array: unknown[] = []
    begun(array)
    if (length > sparseLength) {
      // Makes it a table, which takes no memory for its holes.
      array[length - 1] = undefined
      delete array[length - 1]
    } else array.length = length
    this.#entries(array, depth, length)
    return array
  }

  #entries(object: object, depth: number, length?: number): void {
    const reader = this.#reader
    for (let left = reader.partCount(2); left > 0; left--) {
      const key = reader.text()
      if (length !== undefined && !fits(key, length))
        throw new ProtocolError(`A message sets ${JSON.stringify(key.slice(0, 20))} of a list of ${length}.`)
      define(object, key, this.value(depth))
    }
  }

  #attached(): ArrayBuffer {
    const length = this.#reader.count()
    const buffer = this.#buffers[this.#bufferCount++]
    if (buffer === undefined || buffer.byteLength !== length)
      throw new ProtocolError(`A message holds a buffer of ${length} bytes that did not come with it.`)
    return buffer
  }

  #view(depth: number): ArrayBufferView {
    const reader = this.#reader
    const type = viewTypes[reader.count()]
    const byteOffset = reader.count()
    const length = reader.count()
    const buffer = this.value(depth)
    const View = type === undefined ? undefined : (globalThis as unknown as Record<string, ViewMaker | undefined>)[type]
    if (View === undefined) throw new ProtocolError('A message holds a typed array of a kind that is not known here.')
    if (!(buffer instanceof ArrayBuffer)) throw new ProtocolError('A typed array in a message has no buffer.')
    return new View(buffer, byteOffset, length)
  }

  #boxed(depth: number): object {
    const value = this.value(depth)
    if (!['number', 'string', 'boolean', 'bigint'].includes(typeof value))
      throw new ProtocolError('A message holds an object of a primitive that is none.')
    return Object(value) as object
  }

  #error(depth: number, begun: (object: object) => void): Error {
    const reader = this.#reader
    const type = errorTypes[reader.count()]
    if (type === undefined) throw new ProtocolError('A message holds an error of a kind that is not known here.')
    const message = reader.text()
    const stack = reader.text()
    const error = new (globalThis as unknown as Record<string, ErrorMaker>)[type]!(message)
    begun(error)
    Object.defineProperty(error, 'stack', { value: stack, writable: true, configurable: true })
    if (reader.byte() === 1)
      Object.defineProperty(error, 'cause', { value: this.value(depth), writable: true, configurable: true })
    return error
  }
}

// `length` itself would make the list longer or shorter.
function fits(key: string, length: number): boolean {
  if (key === 'length') return false
  const index = Number(key)
  return String(index) !== key || !Number.isInteger(index) || index < 0 || index < length || index >= 2 ** 32 - 1
}

function toBigInt(text: string): bigint {
  if (!/^-?[0-9a-f]+$/.test(text)) throw new ProtocolError('A message holds a bigint that is none.')
  return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`)
}

// Assigning to a key named `__proto__` would change the prototype.
function define(target: object, key: string, value: unknown): void {
  if (key !== '__proto__') (target as Record<string, unknown>)[key] = value
  else Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
}

/**
 * Messages as bytes, for a realm that blocks: what structured clone gives, with its identities and circles. Shared
 * memory arrives as memory of the reader's own. What has no bytes (ports, streams, blobs) is refused.
 */

const Tag = {
  undefined: 0,
  null: 1,
  true: 2,
  false: 3,
  number: 4,
  integer: 5,
  bigint: 6,
  string: 7,
  seen: 8,
  array: 9,
  object: 10,
  map: 11,
  set: 12,
  date: 13,
  regExp: 14,
  buffer: 15,
  sharedBuffer: 16,
  view: 17,
  boxed: 18,
  port: 19,
} as const

const viewTypes = [
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
]

type ViewMaker = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ArrayBufferView

/** The bytes of a message; undefined when a part of it has none. `idOf`: the number that stands for a port in it. */
export function toBytes(message: unknown, idOf?: (port: MessagePort) => number): Uint8Array | undefined {
  const writer = new Writer(idOf)
  try {
    writer.value(message)
  } catch (error) {
    // Too deep for the stack counts as well.
    if (error instanceof NoBytes || error instanceof RangeError) return undefined
    throw error
  }
  return writer.bytes
}

/** The message of bytes that `toBytes` made. `portOf`: the port that a number stands for. */
export function fromBytes(bytes: Uint8Array, portOf?: (id: number) => object): unknown {
  return new Reader(bytes, portOf).value()
}

class NoBytes extends Error {}

class Writer {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  #at = 0
  readonly #seen = new Map<object, number>()
  readonly #idOf: ((port: MessagePort) => number) | undefined

  constructor(idOf: ((port: MessagePort) => number) | undefined) {
    this.#idOf = idOf
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }

  value(value: unknown): void {
    switch (typeof value) {
      case 'undefined':
        return this.#tag(Tag.undefined)
      case 'boolean':
        return this.#tag(value ? Tag.true : Tag.false)
      case 'number':
        return this.#number(value)
      case 'bigint':
        this.#tag(Tag.bigint)
        return this.#text(String(value))
      case 'string':
        this.#tag(Tag.string)
        return this.#text(value)
      case 'object':
        return value === null ? this.#tag(Tag.null) : this.#object(value)
      default:
        throw new NoBytes()
    }
  }

  #number(value: number): void {
    if ((value | 0) === value && !Object.is(value, -0)) {
      this.#tag(Tag.integer)
      const at = this.#room(4)
      this.#view.setInt32(at, value)
      return
    }
    this.#tag(Tag.number)
    this.#float(value)
  }

  #object(value: object): void {
    const known = this.#seen.get(value)
    if (known !== undefined) {
      this.#tag(Tag.seen)
      return this.#count(known)
    }
    this.#seen.set(value, this.#seen.size)
    const kind = Object.prototype.toString.call(value).slice(8, -1)
    if (Array.isArray(value)) return this.#array(value)
    if (ArrayBuffer.isView(value)) return this.#arrayView(value, kind)
    if (this.#idOf !== undefined && value instanceof MessagePort) {
      this.#tag(Tag.port)
      return this.#count(this.#idOf(value))
    }
    switch (kind) {
      case 'Object':
        this.#tag(Tag.object)
        return this.#entries(Object.entries(value))
      case 'Map':
        this.#tag(Tag.map)
        return this.#entries([...(value as Map<unknown, unknown>)])
      case 'Set':
        this.#tag(Tag.set)
        return this.#entries([...(value as Set<unknown>)].map((item) => [item, undefined]))
      case 'Date':
        this.#tag(Tag.date)
        return this.#float((value as Date).getTime())
      case 'RegExp':
        this.#tag(Tag.regExp)
        this.#text((value as RegExp).source)
        return this.#text((value as RegExp).flags)
      case 'ArrayBuffer':
      case 'SharedArrayBuffer':
        return this.#buffer(value as ArrayBufferLike, kind)
      case 'Number':
      case 'String':
      case 'Boolean':
      case 'BigInt':
        this.#tag(Tag.boxed)
        return this.value((value as { valueOf(): unknown }).valueOf())
      default:
        throw new NoBytes()
    }
  }

  // By key, so that holes stay holes and named properties come along.
  #array(value: readonly unknown[]): void {
    this.#tag(Tag.array)
    this.#count(value.length)
    this.#entries(Object.entries(value))
  }

  #entries(entries: readonly (readonly [unknown, unknown])[]): void {
    this.#count(entries.length)
    for (const [key, item] of entries) {
      this.value(key)
      this.value(item)
    }
  }

  #buffer(buffer: ArrayBufferLike, kind: string): void {
    if ((buffer as { resizable?: boolean }).resizable || (buffer as { growable?: boolean }).growable)
      throw new NoBytes()
    this.#tag(kind === 'ArrayBuffer' ? Tag.buffer : Tag.sharedBuffer)
    this.#count(buffer.byteLength)
    const at = this.#room(buffer.byteLength)
    this.#bytes.set(new Uint8Array(buffer), at)
  }

  #arrayView(view: ArrayBufferView, kind: string): void {
    const type = viewTypes.indexOf(kind)
    if (type < 0) throw new NoBytes()
    this.#tag(Tag.view)
    this.#count(type)
    this.#count(view.byteOffset)
    this.#count((view as { length?: number }).length ?? view.byteLength)
    this.value(view.buffer)
  }

  #tag(tag: number): void {
    const at = this.#room(1)
    this.#bytes[at] = tag
  }

  #count(count: number): void {
    const at = this.#room(4)
    this.#view.setUint32(at, count)
  }

  #float(value: number): void {
    const at = this.#room(8)
    this.#view.setFloat64(at, value)
  }

  // By code units, so that lone surrogates stay what they are.
  #text(text: string): void {
    this.#count(text.length)
    const at = this.#room(text.length * 2)
    for (let i = 0; i < text.length; i++) this.#view.setUint16(at + i * 2, text.charCodeAt(i))
  }

  // To be called before the bytes are looked at: it may make new ones.
  #room(count: number): number {
    const at = this.#at
    this.#at += count
    if (this.#at > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#at, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }
}

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0
  readonly #seen: unknown[] = []
  readonly #portOf: ((id: number) => object) | undefined

  constructor(bytes: Uint8Array, portOf: ((id: number) => object) | undefined) {
    this.#portOf = portOf
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  value(): unknown {
    const tag = this.#bytes[this.#skip(1)]
    switch (tag) {
      case Tag.undefined:
        return undefined
      case Tag.null:
        return null
      case Tag.true:
        return true
      case Tag.false:
        return false
      case Tag.number:
        return this.#view.getFloat64(this.#skip(8))
      case Tag.integer:
        return this.#view.getInt32(this.#skip(4))
      case Tag.bigint:
        return BigInt(this.#text())
      case Tag.string:
        return this.#text()
      case Tag.seen:
        return this.#seen[this.#count()]
      default:
        return this.#object(tag!)
    }
  }

  #object(tag: number): unknown {
    const place = this.#seen.length
    const seen = <T>(value: T): T => {
      this.#seen[place] = value
      return value
    }
    // Its place is taken before its parts take theirs.
    seen(undefined)
    switch (tag) {
      case Tag.array: {
        const array = seen(new Array<unknown>(this.#count()))
        this.#entries((key, item) => define(array, key as string, item))
        return array
      }
      case Tag.object: {
        const object = seen({})
        this.#entries((key, item) => define(object, key as string, item))
        return object
      }
      case Tag.map: {
        const map = seen(new Map<unknown, unknown>())
        this.#entries((key, item) => map.set(key, item))
        return map
      }
      case Tag.set: {
        const set = seen(new Set<unknown>())
        this.#entries((item) => set.add(item))
        return set
      }
      case Tag.date:
        return seen(new Date(this.#view.getFloat64(this.#skip(8))))
      case Tag.regExp: {
        const source = this.#text()
        return seen(new RegExp(source, this.#text()))
      }
      case Tag.buffer:
        return seen(this.#buffer((count) => new ArrayBuffer(count)))
      case Tag.sharedBuffer:
        return seen(this.#buffer((count) => new SharedArrayBuffer(count)))
      case Tag.view: {
        const type = viewTypes[this.#count()]!
        const byteOffset = this.#count()
        const length = this.#count()
        const View = (globalThis as unknown as Record<string, ViewMaker>)[type]!
        return seen(new View(this.value() as ArrayBufferLike, byteOffset, length))
      }
      case Tag.boxed:
        return seen(Object(this.value()))
      case Tag.port:
        return seen(this.#portOf!(this.#count()))
      default:
        throw new Error(`bug: a message in bytes has the unknown tag ${tag}`)
    }
  }

  #entries(each: (key: unknown, item: unknown) => void): void {
    for (let left = this.#count(); left > 0; left--) {
      const key = this.value()
      each(key, this.value())
    }
  }

  #buffer<B extends ArrayBufferLike>(make: (count: number) => B): B {
    const count = this.#count()
    const at = this.#skip(count)
    const buffer = make(count)
    new Uint8Array(buffer).set(this.#bytes.subarray(at, at + count))
    return buffer
  }

  #text(): string {
    const length = this.#count()
    const at = this.#skip(length * 2)
    let text = ''
    for (let from = 0; from < length; from += 4096) {
      const units: number[] = []
      for (let i = from; i < Math.min(length, from + 4096); i++) units.push(this.#view.getUint16(at + i * 2))
      text += String.fromCharCode(...units)
    }
    return text
  }

  #count(): number {
    return this.#view.getUint32(this.#skip(4))
  }

  #skip(count: number): number {
    const at = this.#at
    this.#at += count
    return at
  }
}

// Assigning to a key named `__proto__` would change the prototype.
function define(target: object, key: string, value: unknown): void {
  if (key !== '__proto__') (target as Record<string, unknown>)[key] = value
  else Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
}

import { pathTo, serializationError } from '../../protocol/codec.ts'
import { SerializationError } from '../../protocol/errors.ts'
import { ByteWriter } from './byte-writer.ts'
import { errorTypes, maxDepth, Tag, viewTypes } from './tags.ts'

/** A message as bytes: a body, and large buffers beside it. */
export interface EncodedMessage {
  readonly body: Uint8Array<ArrayBuffer>
  /** The memory of the message itself, not copies; views on it where it is shared memory. */
  readonly buffers: readonly Uint8Array[]
}

/** From this length on a buffer travels beside the body, without being copied into it. */
export const attachedBytes = 65_536

/**
 * The bytes of a message: all that structured clone copies of data, with its identities, circles and holes. What has no
 * bytes (ports, streams, blobs, shared memory as a whole) is a SerializationError with its path and, in `part`, the part.
 */
export function encodeMessage(message: unknown): EncodedMessage {
  const encoding = new Encoding()
  try {
    encoding.value(message, 0)
  } catch (error) {
    if (error instanceof Refusal) throw refusal(message, error)
    throw error
  }
  return { body: encoding.body(), buffers: encoding.buffers }
}

class Refusal extends Error {
  readonly part: unknown
  readonly why: string | undefined
  constructor(part: unknown, why?: string) {
    super('refused')
    this.part = part
    this.why = why
  }
}

function refusal(message: unknown, { part, why }: Refusal): SerializationError {
  if (why !== undefined) return new SerializationError(`Could not serialize message: ${why}`, { path: 'message', part })
  const { path } = pathTo(
    message,
    'message',
    (item) => item === part,
    () => false,
  )
  return Object.assign(serializationError(path, part), { part })
}

// A message is encoded in one go and calls no code but getters of its own objects: one may start another message.
let spare: ByteWriter | undefined = new ByteWriter()

class Encoding {
  readonly buffers: Uint8Array[] = []
  readonly #writer: ByteWriter
  #seen: Map<object, number> | undefined
  #objectCount = 0
  /** The array of the message itself is not looked up: most messages hold no other object. */
  #root: object | undefined

  constructor() {
    this.#writer = spare ?? new ByteWriter()
    spare = undefined
    this.#writer.start()
  }

  body(): Uint8Array<ArrayBuffer> {
    const taken = this.#writer.take()
    spare = this.#writer
    return taken
  }

  value(value: unknown, depth: number): void {
    const writer = this.#writer
    switch (typeof value) {
      case 'number':
        return this.#number(value)
      case 'string':
        return writer.text(value)
      case 'undefined':
        return writer.byte(Tag.undefined)
      case 'boolean':
        return writer.byte(value ? Tag.true : Tag.false)
      case 'object':
        return value === null ? writer.byte(Tag.null) : this.#object(value, depth)
      case 'bigint':
        writer.byte(Tag.bigint)
        return writer.text(value < 0n ? `-${(-value).toString(16)}` : value.toString(16))
      default:
        throw new Refusal(value)
    }
  }

  #number(value: number): void {
    const writer = this.#writer
    if ((value | 0) !== value || Object.is(value, -0)) {
      writer.byte(Tag.float64)
      writer.float64(value)
    } else if (value >= 0 && value < 0x80) writer.byte(value)
    else {
      writer.byte(Tag.int32)
      writer.int32(value)
    }
  }

  // Every object has a number, the same on the other side: they are counted as they are met.
  #isKnown(object: object): boolean {
    if (this.#root === undefined) {
      this.#root = object
      this.#objectCount = 1
      return false
    }
    const known = object === this.#root ? 0 : this.#seen?.get(object)
    if (known === undefined) {
      this.#seen ??= new Map()
      this.#seen.set(object, this.#objectCount++)
      return false
    }
    this.#writer.byte(Tag.seen)
    this.#writer.count(known)
    return true
  }

  #object(object: object, depth: number): void {
    if (this.#isKnown(object)) return
    if (depth >= maxDepth) throw new Refusal(object, `it is nested deeper than ${maxDepth} levels.`)
    if (Array.isArray(object)) return this.#array(object, depth + 1)
    const proto: unknown = Object.getPrototypeOf(object)
    if (proto === Object.prototype || proto === null) return this.#record(object, depth + 1)
    if (ArrayBuffer.isView(object)) return this.#view(object, depth + 1)
    this.#special(object, depth + 1)
  }

  #special(object: object, depth: number): void {
    const writer = this.#writer
    switch (brandOf(object)) {
      case 'Object':
        return this.#record(object, depth)
      case 'Map':
        writer.byte(Tag.map)
        writer.count((object as Map<unknown, unknown>).size)
        for (const [key, item] of [...(object as Map<unknown, unknown>)]) {
          this.value(key, depth)
          this.value(item, depth)
        }
        return
      case 'Set':
        writer.byte(Tag.set)
        writer.count((object as Set<unknown>).size)
        for (const item of [...(object as Set<unknown>)]) this.value(item, depth)
        return
      case 'Date':
        writer.byte(Tag.date)
        return writer.float64((object as Date).getTime())
      case 'RegExp':
        writer.byte(Tag.regExp)
        writer.text((object as RegExp).source)
        return writer.text((object as RegExp).flags)
      case 'ArrayBuffer':
        return this.#buffer(object as ArrayBuffer)
      case 'Number':
      case 'String':
      case 'Boolean':
      case 'BigInt':
        writer.byte(Tag.boxed)
        return this.value((object as { valueOf(): unknown }).valueOf(), depth)
      case 'Error':
        return this.#error(object as Error, depth)
      default:
        if (!isMadePlain(object)) throw new Refusal(object)
        return this.#record(object, depth)
    }
  }

  #array(array: readonly unknown[], depth: number): void {
    const writer = this.#writer
    const { length } = array
    // A message is a list without names.
    if (!isKeyed(array, depth > 1)) {
      writer.byte(Tag.array)
      writer.count(length)
      for (let i = 0; i < length; i++) this.value(array[i], depth)
      return
    }
    writer.byte(Tag.keyedArray)
    writer.count(length)
    this.#entries(array, depth)
  }

  #record(object: object, depth: number): void {
    this.#writer.byte(Tag.object)
    this.#entries(object, depth)
  }

  #entries(object: object, depth: number): void {
    const keys = Object.keys(object)
    this.#writer.count(keys.length)
    for (const key of keys) {
      this.#writer.text(key)
      this.value((object as Record<string, unknown>)[key], depth)
    }
  }

  // As structured clone does it: the name when it is a built-in one, message, stack and cause.
  #error(error: Error, depth: number): void {
    const writer = this.#writer
    const type = (errorTypes as readonly string[]).indexOf(String(error.name))
    writer.byte(Tag.error)
    writer.count(Math.max(type, 0))
    writer.text(String(error.message))
    writer.text(typeof error.stack === 'string' ? error.stack : '')
    writer.byte('cause' in error ? 1 : 0)
    if ('cause' in error) this.value(error.cause, depth)
  }

  #view(view: ArrayBufferView, depth: number): void {
    const writer = this.#writer
    const type = viewTypes.indexOf(Object.prototype.toString.call(view).slice(8, -1) as never)
    if (type < 0) throw new Refusal(view)
    const isShared = !(view.buffer instanceof ArrayBuffer) && isSharedBuffer(view.buffer)
    writer.byte(Tag.view)
    writer.count(type)
    writer.count(isShared ? 0 : view.byteOffset)
    writer.count((view as { length?: number }).length ?? view.byteLength)
    // Shared memory arrives as a copy of what can be seen of it.
    if (isShared) this.#sharedPart(view)
    else this.value(view.buffer, depth)
  }

  #sharedPart({ buffer, byteOffset, byteLength }: ArrayBufferView): void {
    // Its buffer is met once for each view.
    this.#isKnown({})
    this.#bytesOf(new Uint8Array(buffer, byteOffset, byteLength))
  }

  #buffer(buffer: ArrayBuffer): void {
    if ((buffer as { resizable?: boolean }).resizable === true)
      throw new Refusal(buffer, 'a buffer that can be resized would lose that. Pass a copy of it (buffer.slice()).')
    if ((buffer as { detached?: boolean }).detached === true)
      throw new Refusal(buffer, 'a buffer in it was transferred away.')
    this.#bytesOf(new Uint8Array(buffer))
  }

  #bytesOf(bytes: Uint8Array): void {
    const writer = this.#writer
    const isAttached = bytes.length >= attachedBytes
    writer.byte(isAttached ? Tag.attachedBuffer : Tag.buffer)
    writer.count(bytes.length)
    if (!isAttached) return writer.raw(bytes)
    this.buffers.push(bytes)
  }
}

function isSharedBuffer(buffer: ArrayBufferLike): boolean {
  return Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]'
}

/** The named properties of longer arrays are not looked for: listing all keys would cost too much. */
const listedLength = 1000

function isKeyed(array: readonly unknown[], mayHaveNames: boolean): boolean {
  const { length } = array
  for (let i = 0; i < length; i++) {
    // A hole reads as undefined.
    if (array[i] === undefined && !(i in array)) return true
  }
  return mayHaveNames && length <= listedLength && Object.keys(array).length !== length
}

const builtIn: Readonly<Record<string, new (...args: never[]) => object>> = {
  Map,
  Set,
  Date,
  RegExp,
  ArrayBuffer,
  Number,
  String,
  Boolean,
  BigInt: BigInt as unknown as new () => object,
  Error,
}

// A class may call its instances what it likes.
function brandOf(object: object): string {
  const tag = Object.prototype.toString.call(object).slice(8, -1)
  if (tag === 'Object') return tag
  return builtIn[tag] !== undefined && object instanceof builtIn[tag] ? tag : ''
}

const madePlain = new WeakMap<object, boolean>()

// Instances of classes lose their class, objects of the platform (keys, blobs) keep it: only a trial tells them apart.
function isMadePlain(value: object): boolean {
  const proto = Object.getPrototypeOf(value) as object
  let isPlain = madePlain.get(proto)
  if (isPlain === undefined) {
    try {
      isPlain = Object.getPrototypeOf(structuredClone(value)) === Object.prototype
    } catch {
      return false
    }
    madePlain.set(proto, isPlain)
  }
  return isPlain
}

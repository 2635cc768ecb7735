import { Deserializer, Serializer } from 'node:v8'
import type { StoreItem } from '../protocol/object-store.ts'
import { findBuffers, isShared, maxByteLengthOf, replaceBuffers, tagOf } from './buffers.ts'
import { refusal } from './refusals.ts'

/** From this length on buffers are written raw, without being copied first. */
const MIN_RAW_BYTES = 4096
const copiedAsWhole = new Set(['Date', 'RegExp', 'Boolean', 'Number', 'String', 'BigInt', 'Error'])

/** A value as it goes to a file: what V8's serializer makes of it, and its large buffers, raw. */
export interface FileRecord {
  readonly head: Uint8Array
  readonly buffers: readonly RawBuffer[]
}
export interface RawBuffer {
  readonly bytes: Uint8Array
  /** The greatest length of a buffer that can be resized. */
  readonly maxByteLength: number | undefined
}

/** Makes a value ready to be written. The raw buffers are the value's own memory. SerializationError with the path. */
export function toRecord(item: StoreItem): FileRecord {
  const buffers: RawBuffer[] = []
  const raw: ArrayBuffer[] = []
  const standIns = new Map<ArrayBufferLike, ArrayBufferLike>()
  try {
    for (const [buffer, use] of findBuffers(item.value, checkWhole)) {
      const isOfOthers = isShared(buffer)
      // The serializer takes no shared memory: an ArrayBuffer of that length, whose memory is never touched, stands in.
      const length = isOfOthers && !use.isDirect ? use.endBytes : buffer.byteLength
      if (!isOfOthers && length < MIN_RAW_BYTES) continue
      const standIn = isOfOthers ? new ArrayBuffer(length) : buffer
      if (isOfOthers) standIns.set(buffer, standIn)
      raw.push(standIn as ArrayBuffer)
      buffers.push({
        bytes: new Uint8Array(buffer, 0, length),
        maxByteLength: isOfOthers ? undefined : maxByteLengthOf(buffer),
      })
    }
    return { head: serialize(replaceBuffers(item.value, standIns), raw), buffers }
  } catch (error) {
    const copy = (part: object) => {
      checkWhole(part)
      serialize(part, [])
    }
    throw refusal(item, copy, error)
  }
}

/** Makes the value again; `buffers` become parts of it. */
export function fromRecord(head: Uint8Array, buffers: readonly ArrayBuffer[]): unknown {
  const deserializer = new Deserializer(head)
  deserializer.readHeader()
  buffers.forEach((buffer, index) => deserializer.transferArrayBuffer(index, buffer))
  return deserializer.readValue()
}

function serialize(value: unknown, raw: readonly ArrayBuffer[]): Uint8Array {
  const serializer = new Serializer()
  serializer.writeHeader()
  raw.forEach((buffer, index) => serializer.transferArrayBuffer(index, buffer))
  serializer.writeValue(value)
  return serializer.releaseBuffer()
}

// The serializer would make empty objects of some objects of the platform, in some versions of Node.
function checkWhole(part: object): void {
  if (!copiedAsWhole.has(tagOf(part))) throw new TypeError(`V8's serializer does not know a ${tagOf(part)}.`)
}

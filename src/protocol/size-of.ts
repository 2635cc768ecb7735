const perValue = 8
const perContainer = 32
/** Beyond so many parts the rest is estimated from what was seen. */
const maxParts = 512
const minSampled = 16
const maxScanned = 4096

/**
 * About how many bytes a value takes: exact for buffers and strings, estimated from a sample for large structures. Cheap
 * enough to be asked of every result.
 */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return perContainer + 2 * value.length
  if (typeof value === 'bigint') return perContainer + bigintBytes(value)
  if (typeof value !== 'object' || value === null) return perValue
  const survey = new Survey()
  return survey.of(value)
}

function bigintBytes(value: bigint): number {
  // Only the magnitude matters; strings in hex are the cheapest way to it.
  return value > -(2n ** 64n) && value < 2n ** 64n ? perValue : value.toString(16).length / 2
}

class Survey {
  readonly #seen = new Set<object>()
  #partCount = 0

  of(value: unknown): number {
    if (typeof value === 'string') return perContainer + 2 * value.length
    if (typeof value === 'bigint') return perContainer + bigintBytes(value)
    if (typeof value !== 'object' || value === null) return perValue
    if (this.#seen.has(value)) return perValue
    this.#seen.add(value)
    if (ArrayBuffer.isView(value)) return perContainer + this.#buffer(value.buffer)
    if (isBuffer(value)) return perContainer + value.byteLength
    if (Array.isArray(value)) return perContainer + this.#parts(value, value.length)
    if (value instanceof Map) return perContainer + this.#parts(pairs(value), 2 * value.size)
    if (value instanceof Set) return perContainer + this.#parts(value, value.size)
    if (isBlob(value)) return perContainer + value.size
    const keys = Object.keys(value)
    return perContainer + this.#parts(fields(value as Record<string, unknown>, keys), keys.length)
  }

  #buffer(buffer: ArrayBufferLike): number {
    if (this.#seen.has(buffer)) return 0
    this.#seen.add(buffer)
    return buffer.byteLength
  }

  #parts(parts: Iterable<unknown>, count: number): number {
    const total = count
    let bufferBytes = 0
    let otherBytes = 0
    let otherCount = 0
    let at = 0
    for (const part of parts) {
      // No sample tells of a large buffer among many small parts, so more are looked at than are counted.
      if (at++ >= maxScanned) break
      if (typeof part === 'object' && part !== null && (ArrayBuffer.isView(part) || isBuffer(part))) {
        bufferBytes += this.of(part)
        count--
      } else if (otherCount < minSampled || this.#partCount < maxParts) {
        this.#partCount++
        otherCount++
        otherBytes += this.of(part)
      }
    }
    if (at > maxScanned) bufferBytes *= total / maxScanned
    return bufferBytes + (otherCount === 0 ? 0 : (otherBytes / otherCount) * count)
  }
}

function isBuffer(value: object): value is ArrayBuffer {
  return (
    value instanceof ArrayBuffer || (typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer)
  )
}

function isBlob(value: object): value is { readonly size: number } {
  const tag = Object.prototype.toString.call(value)
  return tag === '[object Blob]' || tag === '[object File]'
}

function* pairs(map: ReadonlyMap<unknown, unknown>): Generator<unknown> {
  for (const [key, value] of map) {
    yield key
    yield value
  }
}

function* fields(object: Record<string, unknown>, keys: readonly string[]): Generator<unknown> {
  for (const key of keys) yield object[key]
}

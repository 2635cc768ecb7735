import { findBuffers, isShared, maxByteLengthOf, replaceBuffers } from './buffers.ts'

/** Gives shared memory of at least so many bytes; of exactly so many where the length of the buffer can be seen. */
export type Acquire = (bytes: number, isExact: boolean) => SharedArrayBuffer

/**
 * A copy of the value whose large parts lie in shared memory: buffers of `minBytes` or more, and the views on them, at
 * any depth. The rest is copied as structured clone does. Buffers in the value become SharedArrayBuffers of the same
 * length; that of a view alone may be longer than it was. Shared memory in the value is copied as well.
 */
export function shareBuffers(value: unknown, acquire: Acquire, minBytes: number): unknown {
  const replacements = new Map<ArrayBufferLike, ArrayBufferLike>()
  for (const [buffer, use] of findBuffers(value)) {
    const isLarge = buffer.byteLength >= minBytes && maxByteLengthOf(buffer) === undefined
    if (!isLarge && !isShared(buffer)) continue
    const bytes = use.isDirect ? buffer.byteLength : use.endBytes
    const target = isLarge ? acquire(bytes, use.isDirect) : new SharedArrayBuffer(bytes)
    copyBytes(buffer, target, bytes)
    replacements.set(buffer, target)
  }
  return structuredClone(replaceBuffers(value, replacements))
}

/** A copy of the value that nobody else sees: views over shared memory become views over ArrayBuffers of their own. */
export function privateCopy(value: unknown): unknown {
  const { unshared, made } = copyShared(value)
  return structuredClone(unshared, { transfer: made })
}

/** The value with ArrayBuffers in place of shared memory, for what cannot take it; the rest is taken over as it is. */
export function unshare(value: unknown): unknown {
  return copyShared(value).unshared
}

function copyShared(value: unknown): { unshared: unknown; made: ArrayBuffer[] } {
  const replacements = new Map<ArrayBufferLike, ArrayBuffer>()
  for (const [buffer, use] of findBuffers(value)) {
    if (!isShared(buffer)) continue
    const bytes = use.isDirect ? buffer.byteLength : use.endBytes
    const target = new ArrayBuffer(bytes)
    copyBytes(buffer, target, bytes)
    replacements.set(buffer, target)
  }
  return { unshared: replaceBuffers(value, replacements), made: [...replacements.values()] }
}

function copyBytes(from: ArrayBufferLike, to: ArrayBufferLike, bytes: number): void {
  new Uint8Array(to, 0, bytes).set(new Uint8Array(from, 0, bytes))
}

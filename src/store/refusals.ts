import { pathTo, serializationError } from '../protocol/codec.ts'
import type { SerializationError } from '../protocol/errors.ts'
import { isBuffer, isContainer } from './buffers.ts'

/**
 * The error for a value that a store cannot keep; it names the part that cannot be copied, which `copy` finds by
 * throwing.
 */
export function refusal(
  { id, value }: { readonly id: string; readonly value: unknown },
  copy: (part: object) => void,
  cause: unknown,
): SerializationError {
  const isBad = (part: unknown): boolean => {
    if (typeof part === 'function' || typeof part === 'symbol') return true
    if (typeof part !== 'object' || part === null) return false
    if (isContainer(part) || ArrayBuffer.isView(part) || isBuffer(part)) return false
    try {
      copy(part)
      return false
    } catch {
      return true
    }
  }
  const found = pathTo(value, 'value', isBad, () => false)
  const error = serializationError(found.path, found.value)
  Object.defineProperty(error, 'cause', { value: cause, writable: true, configurable: true })
  Object.defineProperty(error, 'objectId', { value: id, enumerable: true, writable: true, configurable: true })
  return error
}

/** So many bytes, for people. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB']
  let [amount, unit] = [bytes, 0]
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024
    unit++
  }
  return unit === 0 ? `${bytes} bytes` : `${amount.toFixed(1)} ${units[unit]}`
}

import { pathTo, serializationError } from '../protocol/codec.ts'
import type { SerializationError } from '../protocol/errors.ts'
import { isBuffer, isContainer, isRecord } from './buffers.ts'

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
    if (isOfNoClass(part) || ArrayBuffer.isView(part) || isBuffer(part)) return false
    try {
      copy(part)
      return false
    } catch {
      return true
    }
  }
  const error = errorFor(value, isBad)
  Object.defineProperty(error, 'cause', { value: cause, writable: true, configurable: true })
  Object.defineProperty(error, 'objectId', { value: id, enumerable: true, writable: true, configurable: true })
  return error
}

function errorFor(value: unknown, isBad: (part: unknown) => boolean): SerializationError {
  try {
    const found = pathTo(value, 'value', isBad, (part) => ArrayBuffer.isView(part) || isBuffer(part))
    return serializationError(found.path, found.value)
  } catch {
    // Nested too deep to be looked through, or it throws when it is looked at: the cause says more.
    return serializationError('value', value)
  }
}

// Such containers are bad only where one of their parts is.
function isOfNoClass(part: object): boolean {
  const proto: unknown = Object.getPrototypeOf(part)
  return proto === Object.prototype || proto === null || (isContainer(part) && !isRecord(part))
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

/** More parts than this are not small. */
const maxParts = 64
const maxText = 1024

/** Whether a value is a little plain data: primitives in objects and arrays, nothing that only some channels carry. */
export function isSmallData(value: unknown): boolean {
  let left = maxParts
  const visit = (part: unknown): boolean => {
    if (--left < 0) return false
    if (typeof part === 'string') return part.length <= maxText
    if (typeof part === 'function' || typeof part === 'symbol' || typeof part === 'bigint') return false
    if (typeof part !== 'object' || part === null) return true
    const proto: unknown = Object.getPrototypeOf(part)
    if (Array.isArray(part)) return part.length <= left && part.every(visit)
    return proto === Object.prototype && Object.values(part).every(visit)
  }
  return visit(value)
}

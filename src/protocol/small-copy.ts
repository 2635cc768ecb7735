import { isPrimitive } from './codec.ts'

/** Values with more parts, or parts that lie deeper, are left to structured clone. */
const partLimit = 48
const depthLimit = 4

/**
 * A copy of a small value of plain data (objects and arrays of primitives), made now, so that it may wait in a batch while
 * the caller changes the original. `undefined` when it is not so small or so plain, or an object is in it twice: then
 * structured clone does it. What structured clone leaves out (symbol keys, what is not enumerable) is left out here.
 */
export function copySmall(value: object, isMarked: (object: object) => boolean): object | undefined {
  const walk: Walk = { seen: [], parts: 0, isMarked }
  return copyObject(value, walk, 0)
}

interface Walk {
  readonly seen: object[]
  parts: number
  readonly isMarked: (object: object) => boolean
}

function copyObject(value: object, walk: Walk, depth: number): object | undefined {
  const proto: unknown = Object.getPrototypeOf(value)
  const isArray = proto === Array.prototype
  if ((!isArray && proto !== Object.prototype) || depth > depthLimit) return undefined
  if (walk.seen.includes(value) || walk.isMarked(value)) return undefined
  walk.seen.push(value)
  return isArray ? copyArray(value as unknown[], walk, depth) : copyFields(value as Fields, walk, depth)
}

type Fields = Record<string, unknown>

function copyArray(items: readonly unknown[], walk: Walk, depth: number): unknown[] | undefined {
  const { length } = items
  walk.parts += length
  // Not `keys`: an array may be as long as it likes.
  if (walk.parts > partLimit || Object.keys(items).length !== length) return undefined
  const copy: unknown[] = new Array(length)
  for (let index = 0; index < length; index++) {
    const part = copyPart(items[index], walk, depth)
    if (part === refused) return undefined
    copy[index] = part
  }
  return copy
}

function copyFields(value: Fields, walk: Walk, depth: number): Fields | undefined {
  const copy: Fields = {}
  for (const key in value) {
    if (++walk.parts > partLimit || key === '__proto__' || !Object.hasOwn(value, key)) return undefined
    const part = copyPart(value[key], walk, depth)
    if (part === refused) return undefined
    copy[key] = part
  }
  return copy
}

const refused = Symbol('refused')

function copyPart(part: unknown, walk: Walk, depth: number): unknown {
  if (isPrimitive(part)) return part
  if (typeof part !== 'object' || part === null) return refused
  return copyObject(part, walk, depth + 1) ?? refused
}

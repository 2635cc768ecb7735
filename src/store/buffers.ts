/** How a value uses one of its buffers. */
export interface BufferUse {
  /** The buffer itself is a part of the value, so its length can be seen; else only views on it are. */
  isDirect: boolean
  /** Where the last view on it ends. */
  endBytes: number
}

type ViewConstructor = new (buffer: ArrayBufferLike, byteOffset: number, length?: number) => ArrayBufferView

/** What the object says it is: `Object`, `Date`, `Blob`. */
export const tagOf = (value: object): string => Object.prototype.toString.call(value).slice('[object '.length, -1)
const typedArrayName = getterOf(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
const brands = {
  Map: getterOf(Map.prototype, 'size'),
  Set: getterOf(Set.prototype, 'size'),
  ArrayBuffer: getterOf(ArrayBuffer.prototype, 'byteLength'),
}
/** Whether structured clone makes plain objects of instances of a class, by the prototype of the class. */
const madePlain = new WeakMap<object, boolean>()

/**
 * The buffers of a value, at any depth. `onWhole` is called with each object that is neither a buffer nor a container,
 * but copied as a whole: dates, errors, objects of the platform.
 */
export function findBuffers(value: unknown, onWhole?: (part: object) => void): Map<ArrayBufferLike, BufferUse> {
  const found = new Map<ArrayBufferLike, BufferUse>()
  const note = (buffer: ArrayBufferLike, isDirect: boolean, endBytes: number) => {
    const use = found.get(buffer)
    if (use === undefined) found.set(buffer, { isDirect, endBytes })
    else {
      use.isDirect ||= isDirect
      use.endBytes = Math.max(use.endBytes, endBytes)
    }
  }
  const seen = new Set<object>()
  const open: object[] = []
  const visit = (part: unknown) => {
    if (typeof part !== 'object' || part === null || seen.has(part)) return
    seen.add(part)
    open.push(part)
  }
  visit(value)
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (ArrayBuffer.isView(part)) note(part.buffer, false, part.byteOffset + part.byteLength)
    else if (isBuffer(part)) note(part, true, part.byteLength)
    else if (!eachPart(part, visit)) onWhole?.(part)
  }
  return found
}

/**
 * The value with buffers replaced, views on them included. Containers are made anew, with cycles and identities kept;
 * all else is taken over as it is. Without replacements it is the value itself.
 */
export function replaceBuffers(value: unknown, replacements: ReadonlyMap<ArrayBufferLike, ArrayBufferLike>): unknown {
  if (replacements.size === 0) return value
  const copies = new Map<object, object>()
  const open: [from: object, to: object][] = []
  // Containers are filled later and not by recursion: long chains of objects must not overflow the stack.
  const copyOf = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part
    const known = copies.get(part)
    if (known !== undefined) return known
    const copy = replacementOf(part, replacements) ?? emptyLike(part)
    copies.set(part, copy ?? part)
    if (copy !== undefined && !ArrayBuffer.isView(part) && !isBuffer(part)) open.push([part, copy])
    return copy ?? part
  }
  const root = copyOf(value)
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) fill(pair[0], pair[1], copyOf)
  return root
}

/** Whether it is memory that several realms see. */
export function isShared(buffer: ArrayBufferLike): buffer is SharedArrayBuffer {
  return typeof SharedArrayBuffer !== 'undefined' && tagOf(buffer) === 'SharedArrayBuffer'
}

/** The greatest length of a buffer that can be resized; undefined for one that cannot. */
export function maxByteLengthOf(buffer: ArrayBufferLike): number | undefined {
  const { resizable, maxByteLength } = buffer as { resizable?: boolean; maxByteLength?: number }
  return resizable ? maxByteLength : undefined
}

/** Calls back with each part of a container; false for what is none. */
function eachPart(container: object, visit: (part: unknown) => void): boolean {
  if (Array.isArray(container)) {
    if (isLongAndDense(container)) for (const item of container) visit(item)
    else for (const key of Object.keys(container)) visit(container[key as never])
  } else if (isMap(container)) {
    for (const [key, item] of container) {
      visit(key)
      visit(item)
    }
  } else if (isSet(container)) {
    for (const item of container) visit(item)
  } else if (isRecord(container)) {
    for (const key of Object.keys(container)) visit(container[key])
  } else return false
  return true
}

/** Whether structured clone goes into it: an array, a map, a set, an object; not what it copies as a whole. */
export function isContainer(value: object): boolean {
  return Array.isArray(value) || isMap(value) || isSet(value) || isRecord(value)
}

function replacementOf(part: object, replacements: ReadonlyMap<ArrayBufferLike, ArrayBufferLike>): object | undefined {
  if (!ArrayBuffer.isView(part)) return replacements.get(part as ArrayBufferLike)
  const buffer = replacements.get(part.buffer)
  if (buffer === undefined) return undefined
  const name = typedArrayName?.call(part) as string | undefined
  if (name === undefined) return new DataView(buffer, part.byteOffset, part.byteLength)
  const View = (globalThis as unknown as Record<string, ViewConstructor>)[name]!
  return new View(buffer, part.byteOffset, (part as Uint8Array).length)
}

function emptyLike(part: object): object | undefined {
  if (Array.isArray(part)) return new Array(part.length)
  if (isMap(part)) return new Map()
  if (isSet(part)) return new Set()
  return isRecord(part) ? {} : undefined
}

function fill(from: object, to: object, copyOf: (part: unknown) => unknown): void {
  if (isMap(from)) for (const [key, item] of from) (to as Map<unknown, unknown>).set(copyOf(key), copyOf(item))
  else if (isSet(from)) for (const item of from) (to as Set<unknown>).add(copyOf(item))
  else {
    // By key, so that holes stay holes; defined, because assigning to `__proto__` would change the prototype.
    for (const key of Object.keys(from)) {
      const value = copyOf((from as Record<string, unknown>)[key])
      Object.defineProperty(to, key, { value, enumerable: true, writable: true, configurable: true })
    }
  }
}

// Listing the keys of a long array costs much. A look at a few places tells whether it has holes.
function isLongAndDense(array: readonly unknown[]): boolean {
  const { length } = array
  return length > 1000 && [0, length >> 2, length >> 1, length - (length >> 2), length - 1].every((i) => i in array)
}

/** Whether it is an ArrayBuffer or a SharedArrayBuffer. */
export function isBuffer(value: object): value is ArrayBufferLike {
  return hasBrand(value, 'ArrayBuffer') || isShared(value as ArrayBufferLike)
}

function isMap(value: object): value is Map<unknown, unknown> {
  return hasBrand(value, 'Map')
}

function isSet(value: object): value is Set<unknown> {
  return hasBrand(value, 'Set')
}

/** Whether structured clone makes a plain object of it. */
export function isRecord(value: object): value is Record<string, unknown> {
  const proto: unknown = Object.getPrototypeOf(value)
  if (proto === Object.prototype || proto === null) return true
  const tag = tagOf(value)
  if (tag in builtIns || ArrayBuffer.isView(value)) return false
  return isMadePlain(value, proto as object)
}

// What structured clone knows and copies as a whole.
const builtIns: Readonly<Record<string, true>> = {
  Array: true,
  ArrayBuffer: true,
  SharedArrayBuffer: true,
  Boolean: true,
  Date: true,
  // Node 20 makes an empty object of it.
  DOMException: true,
  Error: true,
  Map: true,
  Number: true,
  RegExp: true,
  Set: true,
  String: true,
}

// Instances of classes lose their class, objects of the platform (keys, blobs) keep it: only a trial tells them apart.
function isMadePlain(value: object, proto: object): boolean {
  let isPlain = madePlain.get(proto)
  if (isPlain === undefined) {
    try {
      isPlain = Object.getPrototypeOf(structuredClone(value)) === Object.prototype
    } catch {
      // It holds something that cannot be copied: whoever copies it will say what.
      return tagOf(value) === 'Object'
    }
    madePlain.set(proto, isPlain)
  }
  return isPlain
}

function hasBrand(value: object, name: keyof typeof brands): boolean {
  if (tagOf(value) !== name) return false
  try {
    brands[name]?.call(value)
    return true
  } catch {
    return false
  }
}

function getterOf(proto: object, key: PropertyKey): (() => unknown) | undefined {
  return Object.getOwnPropertyDescriptor(proto, key)?.get
}

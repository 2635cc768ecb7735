/** What may differ between a value and its copy. */
export interface DifferenceOptions {
  /** The copy may have SharedArrayBuffers for ArrayBuffers, and views on buffers that are longer than they were. */
  readonly sharesMemory?: boolean
}

type Pair = readonly [expected: unknown, actual: unknown, path: string]

/**
 * Where a copy differs from its original, as a path and a reason; undefined when structured clone could have made it:
 * same types and contents, and the same object twice where the original has one object twice.
 */
export function difference(expected: unknown, actual: unknown, options: DifferenceOptions = {}): string | undefined {
  const partners = new Map<object, object>()
  const taken = new Set<object>()
  const open: Pair[] = [[expected, actual, 'value']]
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [from, to, path] = pair
    if (typeof from !== 'object' || from === null || typeof to !== 'object' || to === null) {
      if (!Object.is(from, to)) return `${path}: ${show(to)} instead of ${show(from)}`
      continue
    }
    if (partners.has(from)) {
      if (partners.get(from) !== to) return `${path}: another object than where it stands first`
      continue
    }
    if (taken.has(to)) return `${path}: one object where there were two`
    partners.set(from, to)
    taken.add(to)
    const why = differenceOfObjects(from, to, options)
    if (why !== undefined) return `${path}: ${why}`
    open.push(...parts(from, to, path))
  }
  return undefined
}

function differenceOfObjects(
  from: object,
  to: object,
  { sharesMemory = false }: DifferenceOptions,
): string | undefined {
  const [tag, copyTag] = [tagOf(from), tagOf(to)]
  const isSharedNow = sharesMemory && tag === 'ArrayBuffer' && copyTag === 'SharedArrayBuffer'
  if (tag !== copyTag && !isSharedNow) return `a ${copyTag} instead of a ${tag}`
  if (ArrayBuffer.isView(from)) return differenceOfViews(from, to as ArrayBufferView, sharesMemory)
  if (isBuffer(from)) return differenceOfBytes(new Uint8Array(from), new Uint8Array(to as ArrayBuffer))
  if (from instanceof Map || from instanceof Set) {
    const [size, copySize] = [from.size, (to as Set<unknown>).size]
    return size === copySize ? undefined : `${copySize} entries instead of ${size}`
  }
  if (Array.isArray(from) && from.length !== (to as unknown[]).length) return `the length ${(to as unknown[]).length}`
  const facts = factsOf(from)
  const copyFacts = factsOf(to)
  if (facts !== copyFacts) return `${copyFacts} instead of ${facts}`
  const [keys, copyKeys] = [keysOf(from), keysOf(to)]
  return keys.join() === copyKeys.join() ? undefined : `the keys ${copyKeys} instead of ${keys}`
}

function differenceOfViews(from: ArrayBufferView, to: ArrayBufferView, sharesMemory: boolean): string | undefined {
  if (to.byteLength !== from.byteLength) return `${to.byteLength} bytes instead of ${from.byteLength}`
  if (to.byteOffset !== from.byteOffset) return `at ${to.byteOffset} instead of ${from.byteOffset} in its buffer`
  const isLonger = !sharesMemory && to.buffer.byteLength !== from.buffer.byteLength
  if (isLonger) return `on a buffer of ${to.buffer.byteLength} bytes instead of ${from.buffer.byteLength}`
  return differenceOfBytes(bytesOf(from), bytesOf(to))
}

function differenceOfBytes(from: Uint8Array, to: Uint8Array): string | undefined {
  if (from.length !== to.length) return `${to.length} bytes instead of ${from.length}`
  const index = from.findIndex((byte, at) => byte !== to[at])
  return index < 0 ? undefined : `byte ${index} is ${to[index]} instead of ${from[index]}`
}

function* parts(from: object, to: object, path: string): Generator<Pair> {
  if (ArrayBuffer.isView(from)) {
    // Views on one buffer have to stay on one buffer; what else is in it was compared, or cannot be seen.
    yield [bufferMarks(from.buffer), bufferMarks((to as ArrayBufferView).buffer), `${path}.buffer`]
  } else if (isBuffer(from)) {
    yield [bufferMarks(from), bufferMarks(to as ArrayBuffer), `${path} (as a buffer)`]
  } else if (from instanceof Map) {
    const entries = [...(to as Map<unknown, unknown>)]
    for (const [index, [key, item]] of [...from].entries()) {
      yield [key, entries[index]?.[0], `${path}.keys()[${index}]`]
      yield [item, entries[index]?.[1], `${path}.values()[${index}]`]
    }
  } else if (from instanceof Set) {
    const items = [...(to as Set<unknown>)]
    for (const [index, item] of [...from].entries()) yield [item, items[index], `${path}.values()[${index}]`]
  } else {
    for (const key of keysOf(from)) yield [from[key as never], to[key as never], `${path}.${key}`]
    if (from instanceof Error && 'cause' in from) yield [from.cause, (to as Error).cause, `${path}.cause`]
  }
}

const marks = new WeakMap<object, object>()

// Stands for the identity of a buffer, apart from its contents.
function bufferMarks(buffer: ArrayBufferLike): object {
  let mark = marks.get(buffer)
  if (mark === undefined) marks.set(buffer, (mark = {}))
  return mark
}

function factsOf(value: object): string {
  if (value instanceof Date) return `a Date of ${value.getTime()}`
  if (value instanceof RegExp) return `the RegExp ${String(value)}`
  if (value instanceof Error) return `the ${value.name} ${JSON.stringify(value.message)}`
  if (['Number', 'String', 'Boolean', 'BigInt'].includes(tagOf(value))) return `the object of ${show(value.valueOf())}`
  return tagOf(value)
}

function keysOf(value: object): string[] {
  // The characters of a String object are no parts of it, and an error's stack is made anew.
  return tagOf(value) === 'String' || value instanceof Error ? [] : Object.keys(value)
}

function show(value: unknown): string {
  if (Object.is(value, -0)) return '-0'
  return typeof value === 'object' && value !== null ? `a ${tagOf(value)}` : `${typeof value} ${String(value)}`
}

function isBuffer(value: object): value is ArrayBuffer {
  return tagOf(value) === 'ArrayBuffer' || tagOf(value) === 'SharedArrayBuffer'
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}

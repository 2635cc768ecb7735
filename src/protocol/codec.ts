import { SerializationError } from './errors.ts'

/**
 * A value made ready to cross realms. What structured clone copies well stays as it is; a ref, a handle, an error or an
 * instance of a registered class is replaced by an empty placeholder object, and `specials` says what each one is.
 * Structured clone keeps identity within one message, so the placeholders can be found again on the other side, and no
 * user data can be mistaken for one.
 */
export interface Packed {
  readonly value: unknown
  readonly specials: readonly Special[] | undefined
  /** What is moved instead of copied. */
  readonly transfer: readonly object[] | undefined
}
/** A placeholder, the kind of what it stands for, and its payload. */
export type Special = readonly [placeholder: object, kind: string, payload: unknown]

/** How values of one kind leave and come back. */
export interface SpecialKind {
  readonly kind: string
  /** The payload is a living object of this realm (a ref, a handle): it is described when sent, never copied. */
  readonly isLive: boolean
  matches(value: object): boolean
  /** Data to travel in its place; it may hold further specials. For live kinds: the living object. */
  pack(value: object): unknown
  unpack(payload: unknown): unknown
  /** Makes the empty instance first and fills it when its parts are there, so that cycles through it can be made again. */
  readonly inTwoSteps?: {
    begin(payload: unknown): object | undefined
    finish(instance: object, payload: unknown): void
  }
}

type Container = Record<string, unknown> | unknown[] | Map<unknown, unknown> | Set<unknown>

export function isPrimitive(value: unknown): boolean {
  return (typeof value !== 'object' || value === null) && typeof value !== 'function' && typeof value !== 'symbol'
}

/** Walks values, replaces specials and puts them back. One per runtime. */
export class Codec {
  readonly #kinds: readonly SpecialKind[]
  readonly #byName: ReadonlyMap<string, SpecialKind>
  readonly #transferMarks: WeakMap<object, readonly object[]>

  readonly #isActor: (value: object) => boolean

  constructor(
    kinds: readonly SpecialKind[],
    transferMarks: WeakMap<object, readonly object[]>,
    isActor: (value: object) => boolean,
  ) {
    this.#isActor = isActor
    this.#kinds = kinds
    this.#byName = new Map(kinds.map((kind) => [kind.kind, kind]))
    this.#transferMarks = transferMarks
  }

  /** @param root how the value is called in errors: `args`, `result`, `value`. */
  pack(value: unknown, root: string): Packed {
    if (isPrimitive(value)) return { value, specials: undefined, transfer: undefined }
    const found: Found = { special: false, transfer: undefined, payloads: new Map() }
    if (!this.#scan(value, new Set(), found)) throw this.#refuse(value, root)
    if (!found.special) return { value, specials: undefined, transfer: found.transfer }
    const replacing: Replacing = { copies: new Map(), specials: [], payloads: found.payloads }
    return { value: this.#replace(value, replacing), specials: replacing.specials, transfer: found.transfer }
  }

  /** Puts the specials back, in place: the packed value is used up. */
  unpack(packed: Pick<Packed, 'value' | 'specials'>): unknown {
    if (packed.specials === undefined || packed.specials.length === 0) return packed.value
    return new Unpacking(packed.specials, this.#byName).revive(packed.value)
  }

  isLive(kind: string): boolean {
    return this.#byName.get(kind)?.isLive === true
  }

  /** Whether a value can be packed at all (functions and symbols cannot). */
  canPack(value: unknown): boolean {
    return (
      isPrimitive(value) || this.#scan(value, new Set(), { special: false, transfer: undefined, payloads: new Map() })
    )
  }

  #kindOf(value: object): SpecialKind | undefined {
    for (const kind of this.#kinds) if (kind.matches(value)) return kind
    return undefined
  }

  // False: something in it cannot travel.
  #scan(value: unknown, seen: Set<object>, found: Found): boolean {
    if (isPrimitive(value)) return true
    if (typeof value === 'symbol') return false
    const object = value as object
    if (seen.has(object)) return true
    seen.add(object)
    const list = this.#transferMarks.get(object)
    if (list !== undefined) {
      found.transfer = [...new Set([...(found.transfer ?? []), ...list])]
      for (const item of list) seen.add(item)
    }
    if (typeof object === 'function' || !isPlain(object)) {
      const kind = this.#kindOf(object)
      if (kind !== undefined) {
        found.special = true
        if (kind.isLive) return true
        const payload = kind.pack(object)
        found.payloads.set(object, payload)
        return this.#scan(payload, seen, found)
      }
      if (typeof object === 'function' || this.#isActor(object)) return false
      if (isOpaque(object)) return true
    }
    if (Array.isArray(object)) {
      for (const item of itemsOf(object)) if (!this.#scan(item, seen, found)) return false
      return true
    }
    if (object instanceof Map) {
      for (const [key, item] of object) {
        if (!this.#scan(key, seen, found) || !this.#scan(item, seen, found)) return false
      }
      return true
    }
    if (object instanceof Set) {
      for (const item of object) if (!this.#scan(item, seen, found)) return false
      return true
    }
    for (const key of Object.keys(object)) {
      if (!this.#scan((object as Record<string, unknown>)[key], seen, found)) return false
    }
    return true
  }

  #replace(value: unknown, replacing: Replacing): unknown {
    if (isPrimitive(value)) return value
    const object = value as object
    const { copies, specials, payloads } = replacing
    if (copies.has(object)) return copies.get(object)
    if (typeof object === 'function' || !isPlain(object)) {
      const kind = this.#kindOf(object)
      if (kind !== undefined) {
        const placeholder = {}
        copies.set(object, placeholder)
        const payload = payloads.has(object) ? payloads.get(object) : kind.pack(object)
        specials.push([placeholder, kind.kind, kind.isLive ? payload : this.#replace(payload, replacing)])
        return placeholder
      }
      if (isOpaque(object)) return object
    }
    if (Array.isArray(object)) {
      const copy: unknown[] = new Array(object.length)
      copies.set(object, copy)
      // By key, so that holes stay holes.
      for (const key of Object.keys(object)) define(copy, key, this.#replace(object[key as never], replacing))
      return copy
    }
    if (object instanceof Map) {
      const copy = new Map<unknown, unknown>()
      copies.set(object, copy)
      for (const [key, item] of object) copy.set(this.#replace(key, replacing), this.#replace(item, replacing))
      return copy
    }
    if (object instanceof Set) {
      const copy = new Set<unknown>()
      copies.set(object, copy)
      for (const item of object) copy.add(this.#replace(item, replacing))
      return copy
    }
    const copy = {}
    copies.set(object, copy)
    for (const [key, item] of Object.entries(object)) define(copy, key, this.#replace(item, replacing))
    return copy
  }

  #refuse(value: unknown, root: string): SerializationError {
    const isBad = (item: unknown): boolean =>
      typeof item === 'symbol' ||
      (typeof item === 'function' && this.#kindOf(item) === undefined) ||
      (typeof item === 'object' && item !== null && this.#isActor(item))
    const isClosed = (item: object): boolean => {
      const kind = this.#kindOf(item)
      return kind !== undefined && (kind.isLive || kind.kind === 'error')
    }
    const path = pathTo(value, root, isBad, isClosed)
    if (typeof path.value === 'object' && path.value !== null && this.#isActor(path.value)) {
      const { name } = path.value.constructor
      const text = `Could not serialize ${path.path}: it is the actor itself (${name}), which stays where it is. Pass runtimeContext().currentActor, its handle, instead.`
      return new SerializationError(text, { path: path.path })
    }
    return serializationError(path.path, path.value)
  }
}

interface Found {
  special: boolean
  transfer: readonly object[] | undefined
  /** What stands for the specials: made once, since making it may have effects (a port that is opened). */
  readonly payloads: Map<object, unknown>
}
interface Replacing {
  readonly copies: Map<object, unknown>
  readonly specials: Special[]
  readonly payloads: ReadonlyMap<object, unknown>
}

/** Finds the path of the first part of `value` for which `isBad` holds. `skip` names objects that are not entered. */
export function pathTo(
  value: unknown,
  root: string,
  isBad: (item: unknown) => boolean,
  skip: (item: object) => unknown,
): { path: string; value: unknown } {
  const seen = new Set<object>()
  const visit = (item: unknown, path: string): { path: string; value: unknown } | undefined => {
    if (isBad(item) && !hasParts(item)) return { path, value: item }
    if (typeof item !== 'object' || item === null || seen.has(item) || (!isPlain(item) && skip(item))) return undefined
    seen.add(item)
    for (const [key, part] of partsOf(item)) {
      const bad = visit(part, typeof key === 'number' ? `${path}[${key}]` : `${path}${key}`)
      if (bad !== undefined) return bad
    }
    return isBad(item) ? { path, value: item } : undefined
  }
  return visit(value, root) ?? { path: root, value }
}

function hasParts(item: unknown): boolean {
  return typeof item === 'object' && item !== null
}

function* partsOf(item: object): Generator<[number | string, unknown]> {
  if (Array.isArray(item)) yield* item.entries()
  else if (item instanceof Map) {
    for (const [key, part] of item) {
      yield ['.keys()', key]
      yield [`.get(${String(isPrimitive(key) ? JSON.stringify(key) : '…')})`, part]
    }
  } else if (item instanceof Set) {
    for (const part of item) yield ['.values()', part]
  } else if (!ArrayBuffer.isView(item))
    for (const key of Object.keys(item)) yield [`.${key}`, (item as Record<string, unknown>)[key]]
}

/** The error for a part that cannot be copied to another realm; it names the part and the way out. */
export function serializationError(path: string, value: unknown): SerializationError {
  const what =
    typeof value === 'function'
      ? `a function${value.name ? ` (${value.name})` : ''}`
      : typeof value === 'symbol'
        ? 'a symbol'
        : `a ${(value as object | null)?.constructor?.name ?? 'value'} that cannot be copied`
  const hint =
    typeof value === 'function'
      ? 'Wrap it in proxy(fn) to pass a callback, or pass data and call an exported task instead.'
      : 'Pass plain data, or teach Troupe the class with registerClass(Class, import.meta).'
  return new SerializationError(`Could not serialize ${path}: it is ${what}. ${hint}`, { path })
}

class Unpacking {
  readonly #specials: Map<object, Special>
  readonly #kinds: ReadonlyMap<string, SpecialKind>
  readonly #revived = new Map<object, unknown>()
  readonly #seen = new Set<object>()
  /** Placeholders whose values are being made. */
  readonly #open = new Set<object>()

  constructor(specials: readonly Special[], kinds: ReadonlyMap<string, SpecialKind>) {
    this.#specials = new Map(specials.map((special) => [special[0], special]))
    this.#kinds = kinds
  }

  revive(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value
    const special = this.#specials.get(value)
    if (special !== undefined) return this.#reviveSpecial(value, special)
    if (this.#seen.has(value) || (!isPlain(value) && isOpaque(value))) return value
    this.#seen.add(value)
    this.#reviveParts(value as Container)
    return value
  }

  #reviveSpecial(placeholder: object, [, name, payload]: Special): unknown {
    if (this.#revived.has(placeholder)) return this.#revived.get(placeholder)
    const kind = this.#kinds.get(name)
    if (kind === undefined) throw new SerializationError(`This realm does not know values of the kind "${name}".`)
    const begun = kind.inTwoSteps?.begin(payload)
    if (begun !== undefined) {
      this.#revived.set(placeholder, begun)
      kind.inTwoSteps?.finish(begun, this.revive(payload))
      return begun
    }
    if (this.#open.has(placeholder)) {
      throw new SerializationError(
        `A value of the kind "${name}" holds itself, and its codec cannot make such a circle again.`,
      )
    }
    this.#open.add(placeholder)
    const revived = kind.unpack(kind.isLive ? payload : this.revive(payload))
    this.#open.delete(placeholder)
    this.#revived.set(placeholder, revived)
    return revived
  }

  #reviveParts(container: Container): void {
    if (Array.isArray(container)) {
      for (const key of keysOf(container)) {
        const part: unknown = container[key as never]
        if (hasParts(part)) container[key as never] = this.revive(part) as never
      }
    } else if (container instanceof Map) {
      const entries = [...container]
      container.clear()
      for (const [key, item] of entries) container.set(this.revive(key), this.revive(item))
    } else if (container instanceof Set) {
      const items = [...container]
      container.clear()
      for (const item of items) container.add(this.revive(item))
    } else {
      for (const key of Object.keys(container)) {
        const part = container[key]
        if (hasParts(part)) define(container, key, this.revive(part))
      }
    }
  }
}

// Plain data: arrays and objects that structured clone copies as they are.
function isPlain(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value)
  return proto === Object.prototype || proto === Array.prototype || proto === null
}

const containers: ReadonlySet<string> = new Set(['[object Object]', '[object Array]', '[object Map]', '[object Set]'])

// What the platform copies (or refuses) as a whole: dates, buffers, blobs, ports, promises.
function isOpaque(value: object): boolean {
  return !containers.has(Object.prototype.toString.call(value))
}

/** Beyond this length the named properties of an array are not looked at: listing all keys would cost too much. */
const keyedLength = 1000

function keysOf(array: readonly unknown[]): Iterable<string | number> {
  return array.length <= keyedLength || isSparse(array) ? Object.keys(array) : array.keys()
}

function* itemsOf(array: readonly unknown[]): Generator<unknown> {
  for (const key of keysOf(array)) yield array[key as number]
}

// A look at a few places: a long array with holes there is taken by its keys.
function isSparse(array: readonly unknown[]): boolean {
  const { length } = array
  return [0, length >> 2, length >> 1, length - (length >> 2), length - 1].some((index) => !(index in array))
}

// defineProperty, because assigning to a key named `__proto__` would change the prototype.
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
}

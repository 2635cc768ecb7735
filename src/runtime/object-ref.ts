import type { ObjectEntry } from './object-entry.ts'

const entries = new WeakMap<object, ObjectEntry>()

/** Names a value in the object store. Not a promise: `await get(ref)` gives the value. */
export class ObjectRef {
  readonly #id: string

  constructor(entry: ObjectEntry) {
    this.#id = entry.id
    entries.set(this, entry)
    entry.runtime.objects.addRef(this, entry)
  }

  get id(): string {
    return this.#id
  }

  get [Symbol.toStringTag](): string {
    return 'ObjectRef'
  }

  /** A ref is not its value: using it as one is a mistake that should not pass silently. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'default' || hint === 'number') {
      throw new TypeError(`An ObjectRef is not its value: use await get(ref). (ref ${this.#id})`)
    }
    return `ObjectRef(${this.#id})`
  }

  /** Gives this ref up. The object is freed when its last ref anywhere is gone. */
  [Symbol.dispose](): void {
    const entry = entries.get(this)
    if (entry === undefined) return
    entries.delete(this)
    entry.runtime.objects.dropRef(this, entry)
  }
}

export function isObjectRef(value: unknown): value is ObjectRef {
  return typeof value === 'object' && value !== null && value instanceof ObjectRef
}

/** The entry behind a ref; undefined when the ref was disposed. */
export function entryOf(ref: ObjectRef): ObjectEntry | undefined {
  return entries.get(ref)
}

import type { ObjectEntry } from './object-entry.ts'

/** Names a value in the object store. Not a promise: `await get(ref)` gives the value. */
export class ObjectRef {
  readonly #id: string
  #entry: ObjectEntry | undefined

  constructor(entry: ObjectEntry) {
    this.#id = entry.id
    this.#entry = entry
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
    const entry = this.#entry
    if (entry === undefined) return
    this.#entry = undefined
    entry.runtime.objects.dropRef(this, entry)
  }

  /** What is behind a ref; undefined when it was disposed, and for what only looks like a ref. */
  static entryOf(ref: ObjectRef): ObjectEntry | undefined {
    return #entry in ref ? ref.#entry : undefined
  }
}

export function isObjectRef(value: unknown): value is ObjectRef {
  return typeof value === 'object' && value !== null && value instanceof ObjectRef
}

/** The entry behind a ref; undefined when the ref was disposed. */
export function entryOf(ref: ObjectRef): ObjectEntry | undefined {
  return ObjectRef.entryOf(ref)
}

/** Who waits for an answer on a connection. */
export interface Pending {
  /** An answer came; the entry is gone. The items of a stream come before it and leave the entry. */
  onValue(value: unknown, specials: unknown): void
  onError(thrown: unknown, specials: unknown): void
  /** The other side is gone; the call may or may not have run. */
  onLost(reason: string): void
}

/** Calls under way on one connection, by number. A slab: numbers are reused, and nothing is hashed. */
export class PendingTable<T> {
  readonly #slots: (T | undefined)[] = [undefined]
  readonly #free: number[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  add(pending: T): number {
    this.#count++
    const id = this.#free.pop()
    if (id === undefined) return this.#slots.push(pending) - 1
    this.#slots[id] = pending
    return id
  }

  get(id: number): T | undefined {
    // The number came from another realm: it may be anything.
    return typeof id === 'number' ? this.#slots[id] : undefined
  }

  take(id: number): T | undefined {
    const pending = this.get(id)
    if (pending === undefined) return undefined
    this.#slots[id] = undefined
    this.#free.push(id)
    this.#count--
    return pending
  }

  /** Empties the table, in the order of the numbers. */
  drain(): T[] {
    const all = this.#slots.filter((slot) => slot !== undefined) as T[]
    this.#slots.length = 1
    this.#free.length = 0
    this.#count = 0
    return all
  }
}

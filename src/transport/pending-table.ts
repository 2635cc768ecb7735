/** Who waits for an answer on a connection. */
export interface Pending {
  /** An answer came; the entry is gone. The items of a stream come before it and leave the entry. */
  onValue(value: unknown, specials: unknown): void
  onError(thrown: unknown, specials: unknown): void
  /** The other side is gone; the call may or may not have run. */
  onLost(reason: string): void
}

const slotBits = 22
const slotMask = 2 ** slotBits - 1
/** Numbers stay small integers of 31 bits, which engines do not box. */
const numberMask = 2 ** 30 - 1

/**
 * Calls under way on one connection, by number. A slab: slots are used again, and nothing is hashed. A number is its slot
 * and how often that was used before, so that what comes late or twice for a call that is over meets nobody else's.
 */
export class PendingTable<T> {
  readonly #slots: (T | undefined)[] = [undefined]
  /** Of each slot: the number of the call in it, or of the next one. */
  readonly #numbers: number[] = [0]
  readonly #free: number[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  /** @throws RangeError when four million calls wait already. */
  add(pending: T): number {
    const id = this.#free.pop() ?? this.#newSlot()
    this.#slots[id & slotMask] = pending
    this.#count++
    return id
  }

  #newSlot(): number {
    const slot = this.#slots.length
    if (slot > slotMask) throw new RangeError(`${slotMask} calls wait for answers of one realm: no more can be made.`)
    this.#slots.push(undefined)
    this.#numbers.push(slot)
    return slot
  }

  get(id: number): T | undefined {
    // The number came from another realm: it may be anything.
    return typeof id === 'number' && this.#numbers[id & slotMask] === id ? this.#slots[id & slotMask] : undefined
  }

  take(id: number): T | undefined {
    const pending = this.get(id)
    if (pending === undefined) return undefined
    const slot = id & slotMask
    const next = (id + slotMask + 1) & numberMask
    this.#slots[slot] = undefined
    this.#numbers[slot] = next
    this.#free.push(next)
    this.#count--
    return pending
  }

  /** Empties the table, in the order of the slots. */
  drain(): T[] {
    const all = this.#slots.filter((slot) => slot !== undefined) as T[]
    this.#slots.length = 1
    this.#numbers.length = 1
    this.#free.length = 0
    this.#count = 0
    return all
  }
}

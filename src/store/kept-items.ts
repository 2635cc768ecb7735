import { ObjectLostError, RuntimeShutdownError } from '../protocol/errors.ts'
import type { StoreItem } from '../protocol/object-store.ts'

/** The books of a store: what it keeps under which id, and how many bytes that is. */
export class KeptItems<T> {
  readonly #items = new Map<string, { readonly bytes: number; readonly kept: T }>()
  #bytes = 0
  #isClosed = false

  get usage(): { readonly count: number; readonly bytes: number } {
    return { count: this.#items.size, bytes: this.#bytes }
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Throws when the items cannot be new here: RangeError for an id that is taken, also by another of them. */
  admit(items: readonly StoreItem[]): void {
    if (this.#isClosed) throw new RuntimeShutdownError('The object store was closed: it takes no values any more.')
    const ids = new Set<string>()
    for (const { id } of items) {
      if (ids.has(id) || this.#items.has(id)) {
        throw new RangeError(`The object store keeps a value under the id ${id} already: delete that one first.`)
      }
      ids.add(id)
    }
  }

  add({ id, bytes }: StoreItem, kept: T): void {
    this.#items.set(id, { bytes, kept })
    this.#bytes += bytes
  }

  /** ObjectLostError when nothing is kept under the id. */
  get(id: string): T {
    const item = this.#items.get(id)
    if (item !== undefined) return item.kept
    const why = this.#isClosed ? 'it was closed' : 'it was deleted, or never written'
    throw new ObjectLostError(`The object store has no value under the id ${id}: ${why}.`, { objectId: id })
  }

  has(id: string): boolean {
    return this.#items.has(id)
  }

  /** Forgets an id and returns what was kept under it. */
  take(id: string): T | undefined {
    const item = this.#items.get(id)
    if (item === undefined) return undefined
    this.#items.delete(id)
    this.#bytes -= item.bytes
    return item.kept
  }

  /** Forgets all and takes nothing new. */
  close(): string[] {
    this.#isClosed = true
    return [...this.#items.keys()]
  }
}

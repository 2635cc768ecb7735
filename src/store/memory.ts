import type { ObjectStore, StoreItem, StoreReading } from '../protocol/object-store.ts'
import { KeptItems } from './kept-items.ts'

/** Keeps values as they are given, in this realm. */
export class MemoryStore implements ObjectStore {
  readonly kind = 'memory'
  readonly isSync = true
  readonly #items = new KeptItems<unknown>()

  get usage(): { readonly count: number; readonly bytes: number } {
    return this.#items.usage
  }

  write(items: readonly StoreItem[]): void {
    this.#items.admit(items)
    for (const item of items) this.#items.add(item, item.value)
  }

  read(id: string): StoreReading {
    return { value: this.#items.get(id), isPrivate: false }
  }

  delete(ids: readonly string[]): void {
    for (const id of ids) this.#items.take(id)
  }

  close(): void {
    this.delete(this.#items.close())
  }
}

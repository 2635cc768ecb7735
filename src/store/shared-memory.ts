import { ObjectStoreFullError } from '../protocol/errors.ts'
import type { ObjectStore, StoreItem, StoreReading } from '../protocol/object-store.ts'
import { KeptItems } from './kept-items.ts'
import { refusal, sizeText } from './refusals.ts'
import { shareBuffers } from './share-buffers.ts'
import { MIN_SHARED_BYTES, SharedPool } from './shared-pool.ts'

export interface SharedMemoryStoreOptions {
  readonly pool?: SharedPool
  /** Parts below so many bytes are copied instead. Default: 64 KiB. */
  readonly minBytes?: number
  /** Called when a value was deleted: `recycle` when no realm reads its buffers any more. Default: at once. */
  readonly whenUnread?: (id: string, buffers: readonly SharedArrayBuffer[], recycle: () => void) => void
}

interface SharedValue {
  readonly value: unknown
  readonly buffers: readonly SharedArrayBuffer[]
}

/**
 * Keeps values with their large parts in shared memory: posting one to another realm copies only the rest. The pool's
 * constructor throws where there is no shared memory.
 */
export class SharedMemoryStore implements ObjectStore {
  readonly kind = 'shared-memory'
  readonly isSync = true
  readonly pool: SharedPool
  readonly #minBytes: number
  readonly #whenUnread: NonNullable<SharedMemoryStoreOptions['whenUnread']>
  readonly #items = new KeptItems<SharedValue>()

  constructor(options: SharedMemoryStoreOptions = {}) {
    this.pool = options.pool ?? new SharedPool()
    this.#minBytes = options.minBytes ?? MIN_SHARED_BYTES
    this.#whenUnread = options.whenUnread ?? ((_id, _buffers, recycle) => recycle())
  }

  get usage(): { readonly count: number; readonly bytes: number } {
    return this.#items.usage
  }

  write(items: readonly StoreItem[]): void {
    this.#items.admit(items)
    const shared: SharedValue[] = []
    try {
      for (const item of items) shared.push(this.#share(item))
    } catch (error) {
      // Nobody has seen these yet.
      for (const { buffers } of shared) this.#recycle(buffers)
      throw error
    }
    items.forEach((item, index) => this.#items.add(item, shared[index]!))
  }

  read(id: string): StoreReading {
    return { value: this.#items.get(id).value, isPrivate: false }
  }

  delete(ids: readonly string[]): void {
    for (const id of ids) {
      const buffers = this.#items.take(id)?.buffers ?? []
      if (buffers.length > 0) this.#whenUnread(id, buffers, () => this.#recycle(buffers))
    }
  }

  close(): void {
    this.delete(this.#items.close())
  }

  #share(item: StoreItem): SharedValue {
    const buffers: SharedArrayBuffer[] = []
    const acquire = (bytes: number, isExact: boolean) => {
      const buffer = this.#acquire(bytes, isExact)
      buffers.push(buffer)
      return buffer
    }
    try {
      return { value: shareBuffers(item.value, acquire, this.#minBytes), buffers }
    } catch (error) {
      this.#recycle(buffers)
      throw error instanceof ObjectStoreFullError ? error : refusal(item, structuredClone, error)
    }
  }

  #acquire(bytes: number, isExact: boolean): SharedArrayBuffer {
    try {
      return isExact ? this.pool.acquireExact(bytes) : this.pool.acquire(bytes)
    } catch (cause) {
      const made = sizeText(this.pool.madeBytes)
      throw new ObjectStoreFullError(
        `There is no shared memory for ${sizeText(bytes)} (${made} are in use): release objects, or put without shared.`,
        { bytes, cause },
      )
    }
  }

  #recycle(buffers: readonly SharedArrayBuffer[]): void {
    for (const buffer of buffers) this.pool.recycle(buffer)
  }
}

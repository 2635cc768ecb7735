import { ObjectLostError, ObjectStoreFullError, RuntimeShutdownError } from '../protocol/errors.ts'
import type { ObjectStore, StoreItem, StoreKind, StoreReading } from '../protocol/object-store.ts'

/** A store whose code is loaded at its first write: most realms never write. */
export class LateStore implements ObjectStore {
  readonly kind: StoreKind
  readonly isSync = false
  readonly #load: () => Promise<ObjectStore>
  #store: ObjectStore | undefined
  #loading: Promise<ObjectStore> | undefined
  #isClosed = false

  /** `load` gives an asynchronous store of that kind. */
  constructor(kind: StoreKind, load: () => Promise<ObjectStore>) {
    this.kind = kind
    this.#load = load
  }

  get usage(): { readonly count: number; readonly bytes: number } {
    return this.#store?.usage ?? { count: 0, bytes: 0 }
  }

  // What is asked while it is being loaded goes on in its order: all wait for the same promise.

  async write(items: readonly StoreItem[]): Promise<void> {
    if (this.#loading === undefined && this.#isClosed) throw new RuntimeShutdownError('The object store was closed.')
    this.#loading ??= this.#loadNow()
    await (await this.#loading).write(items)
  }

  async read(id: string): Promise<StoreReading> {
    const store = await this.#loading
    if (store === undefined)
      throw new ObjectLostError(`The object store has no value under the id ${id}.`, { objectId: id })
    return store.read(id)
  }

  async delete(ids: readonly string[]): Promise<void> {
    try {
      await this.#loading
    } catch {
      // Nothing was written.
    }
    await this.#store?.delete(ids)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    try {
      await this.#loading
    } catch {
      // There is nothing to close.
    }
    await this.#store?.close()
  }

  async #loadNow(): Promise<ObjectStore> {
    try {
      this.#store = await this.#load()
      return this.#store
    } catch (cause) {
      // The next write tries again.
      this.#loading = undefined
      throw new ObjectStoreFullError(
        `Nothing can be written to disk: the part of Troupe that does it could not be loaded: ${String(cause)}. Free objects, raise init({ objectStoreMemory }), or reload the page.`,
        { cause },
      )
    }
  }
}

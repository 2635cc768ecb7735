import { ObjectLostError, ObjectStoreFullError } from '../protocol/errors.ts'
import type { ObjectStore, StoreItem, StoreReading } from '../protocol/object-store.ts'
import { Database, VALUES, type Values } from './indexeddb-database.ts'
import { databaseName, deleteDatabase } from './indexeddb-runs.ts'
import { KeptItems } from './kept-items.ts'
import { refusal, sizeText } from './refusals.ts'
import { unshare } from './share-buffers.ts'

export interface IndexedDbStoreOptions {
  readonly runId: string
  /** Tells the realms of a run apart. Default: `main`. */
  readonly realm?: string
  /** Its end is the end of the run: the whole database goes then. Default: true. */
  readonly isMain?: boolean
  /** How long the browser may take to open the database. Default: 5 000 ms. */
  readonly openTimeoutMs?: number
  /** Called when the store has been closed. */
  readonly onClosed?: () => void
}

interface Write {
  readonly items: readonly StoreItem[]
  resolve(): void
  reject(error: unknown): void
}

/**
 * Keeps values in IndexedDB, in pages and their workers. The database is opened at the first write; writes of one turn
 * are one transaction. A write that fails for want of room fails alone: what was kept before is still there.
 */
export class IndexedDbStore implements ObjectStore {
  readonly kind = 'indexeddb'
  readonly isSync = false
  readonly #options: IndexedDbStoreOptions
  readonly #database: Database
  readonly #keyPrefix: string
  readonly #items = new KeptItems<true>()
  readonly #writing = new Map<string, Promise<void>>()
  readonly #reading = new Set<Promise<unknown>>()
  #waiting: Write[] = []
  #deleting: Promise<void> | undefined
  #doomed: string[] = []

  constructor(options: IndexedDbStoreOptions) {
    this.#options = options
    this.#database = new Database(databaseName(options.runId), options.openTimeoutMs ?? 5000)
    this.#keyPrefix = `${options.realm ?? 'main'}/`
  }

  get usage(): { readonly count: number; readonly bytes: number } {
    return this.#items.usage
  }

  async write(items: readonly StoreItem[]): Promise<void> {
    this.#items.admit(items)
    for (const { id } of items) {
      if (this.#writing.has(id)) throw new RangeError(`The object store writes a value under the id ${id} already.`)
    }
    if (items.length === 0) return
    const written = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject })
    })
    if (this.#waiting.length === 1) queueMicrotask(() => void this.#flush())
    for (const { id } of items) this.#writing.set(id, written)
    try {
      await written
    } finally {
      for (const { id } of items) this.#writing.delete(id)
    }
  }

  async read(id: string): Promise<StoreReading> {
    const writing = this.#writing.get(id)
    if (writing !== undefined) await writing.catch(ignore)
    this.#items.get(id)
    const reading = this.#get(id)
    this.#reading.add(reading)
    try {
      return { value: await reading, isPrivate: true }
    } finally {
      this.#reading.delete(reading)
    }
  }

  async delete(ids: readonly string[]): Promise<void> {
    const unwritten = ids.flatMap((id) => this.#writing.get(id)?.catch(ignore) ?? [])
    const take = () => {
      for (const id of ids) if (this.#items.take(id)) this.#doomed.push(this.#key(id))
    }
    take()
    if (unwritten.length > 0) {
      await Promise.all(unwritten)
      take()
    }
    if (this.#doomed.length > 0) this.#deleting ??= this.#deleteDoomed()
    await this.#deleting
  }

  async close(): Promise<void> {
    const ids = this.#items.close()
    await Promise.allSettled([...this.#writing.values(), ...this.#reading])
    if (this.#options.isMain ?? true) {
      this.#database.close()
      for (const id of ids) this.#items.take(id)
      if (typeof indexedDB !== 'undefined') await deleteDatabase(this.#database.name).catch(() => false)
    } else {
      await this.delete(ids)
      this.#database.close()
    }
    this.#options.onClosed?.()
  }

  #key(id: string): string {
    return `${this.#keyPrefix}${id}`
  }

  async #flush(): Promise<void> {
    const writes = this.#waiting
    this.#waiting = []
    const unsure = await this.#put(writes)
    // One of them had no room, and took the others with it.
    for (const write of unsure) await this.#put([write])
  }

  /** Puts writes in one transaction. Returns those that failed together and of which some may succeed alone. */
  async #put(writes: readonly Write[]): Promise<readonly Write[]> {
    let accepted = writes
    try {
      const database = await this.#database.open()
      const transaction = database.transaction(VALUES, 'readwrite', { durability: 'relaxed' })
      accepted = writes.filter((write) => this.#putItems(write, transaction.store))
      transaction.commit()
      await transaction.done
    } catch (error) {
      if (accepted.length > 1) return accepted
      for (const { items, reject } of accepted) reject(this.#full(items, error))
      return []
    }
    for (const { items, resolve } of accepted) {
      for (const item of items) this.#items.add(item, true)
      resolve()
    }
    return []
  }

  /** False: a value cannot be copied, or is too large for a record; the items of that write are taken out again. */
  #putItems({ items, reject }: Write, values: Values): boolean {
    const keys: string[] = []
    for (const item of items) {
      try {
        const key = this.#key(item.id)
        // In an array, so that a kept `undefined` can be told from nothing.
        values.put([unshare(item.value)], key).catch(ignore)
        keys.push(key)
      } catch (error) {
        for (const key of keys) values.delete(key).catch(ignore)
        if ((error as Error).name === 'DataCloneError') reject(refusal(item, structuredClone, error))
        else reject(this.#full(items, error))
        return false
      }
    }
    return true
  }

  async #get(id: string): Promise<unknown> {
    let cause: unknown
    try {
      const database = await this.#database.open()
      const record = (await database.get(VALUES, this.#key(id))) as [unknown] | undefined
      if (record !== undefined) return record[0]
    } catch (error) {
      cause = error
    }
    const why = cause instanceof Error ? cause.message : 'the data of this site was cleared'
    throw new ObjectLostError(`The value ${id} could not be read back from IndexedDB: ${why}.`, { objectId: id, cause })
  }

  async #deleteDoomed(): Promise<void> {
    // Reads that were asked for earlier still get their values.
    await Promise.allSettled(this.#reading)
    const keys = this.#doomed
    this.#doomed = []
    this.#deleting = undefined
    try {
      const database = await this.#database.open()
      const transaction = database.transaction(VALUES, 'readwrite', { durability: 'relaxed' })
      for (const key of keys) transaction.store.delete(key).catch(ignore)
      await transaction.done
    } catch {
      // The database was closed or cleared: what is left in it goes with the run.
    }
  }

  #full(items: readonly StoreItem[], cause: unknown): ObjectStoreFullError {
    const bytes = items.reduce((sum, item) => sum + item.bytes, 0)
    return new ObjectStoreFullError(
      `IndexedDB did not take ${sizeText(bytes)}: ${whyFull(cause)}. Release objects, or keep fewer or smaller ones.`,
      { bytes, reason: (cause as Error).name, cause },
    )
  }
}

function whyFull(cause: unknown): string {
  const { name, message } = cause as Error
  return name === 'QuotaExceededError' ? 'the browser lets this site keep no more' : message || name
}

function ignore(): void {}

/** A value to keep: plain data that structured clone copies, with its size for the books. */
export interface StoreItem {
  readonly id: string
  /** Nobody else changes it from now on: a store may keep it as it is. */
  readonly value: unknown
  /** About how many bytes it takes. */
  readonly bytes: number
}

/** A value read back. */
export interface StoreReading {
  readonly value: unknown
  /** Nobody else sees this copy: it may be given away. Else it is the kept value itself, to be copied or posted. */
  readonly isPrivate: boolean
}

export type StoreKind = 'memory' | 'shared-memory' | 'indexeddb' | 'file'

/**
 * Keeps the values of objects under their ids. Methods of stores that are synchronous (`isSync`) return no promise, so
 * that room can be made in the middle of a `put`.
 */
export interface ObjectStore {
  readonly kind: StoreKind
  readonly isSync: boolean
  /** Values and bytes kept now. */
  readonly usage: { readonly count: number; readonly bytes: number }
  /**
   * Keeps all of the items, or none: then it throws (or rejects with) ObjectStoreFullError where there is no room, and
   * SerializationError where a value cannot be kept by this store. An id that is kept already is a RangeError.
   */
  write(items: readonly StoreItem[]): void | PromiseLike<void>
  /** The value as it was written. An id that is not kept rejects with ObjectLostError. */
  read(id: string): StoreReading | PromiseLike<StoreReading>
  /** Forgets values; ids that are not kept are passed over. */
  delete(ids: readonly string[]): void | PromiseLike<void>
  /** Forgets everything, on disk as well. The store cannot be used afterwards. */
  close(): void | PromiseLike<void>
}

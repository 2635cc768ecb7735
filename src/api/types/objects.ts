import type { ObjectRef, ObjectRefStream } from './references.ts'

/** Options of `get`. */
export interface GetOptions {
  /** Milliseconds; then GetTimeoutError. 0: only what is there now. */
  timeout?: number
  signal?: AbortSignal
  /** A copy of one's own, also of what was put with `shared`. */
  copy?: boolean
}
/** Options of `getSync`. */
export interface GetSyncOptions {
  /** Milliseconds; then GetTimeoutError. Default 30 000. 0: only what is there now. */
  timeout?: number
}
/** Options of `put`. */
export interface PutOptions {
  /** What is moved instead of copied; the caller cannot use it afterwards. */
  transfer?: Transferable[]
  /**
   * Typed arrays and ArrayBuffers of 64 KiB or more are put into shared memory: readers on this node see the same bytes
   * (an ArrayBuffer as a SharedArrayBuffer) and must not write to them. Copies where shared memory is off.
   */
  shared?: boolean
}
/** Options of `wait`. */
export interface WaitOptions {
  /** How many to wait for. Default 1. */
  numReturns?: number
  /** Milliseconds; then fewer may be ready. */
  timeout?: number
  signal?: AbortSignal
  /** False: a ref is ready when its value exists at its owner; it is not brought here. Default true. */
  fetchLocal?: boolean
}
/** The value of a ref, or the values of a list of refs. */
export type ValueOf<T> =
  T extends ObjectRef<infer V>
    ? V
    : T extends readonly unknown[]
      ? { -readonly [I in keyof T]: T[I] extends ObjectRef<infer V> ? V : never }
      : never
/** What `wait` takes: refs, and streams of refs (ready when one can be read). */
export type Waitable = ObjectRef<unknown> | ObjectRefStream<unknown>

import type { ObjectRef, ObjectRefStream } from './references.ts'

/** Options of `get`. */
export interface GetOptions {
  /** Milliseconds; then GetTimeoutError. 0: only what is there now. */
  timeout?: number
  signal?: AbortSignal
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

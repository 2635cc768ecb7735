import type { AnyFunction, IsAny } from './common.ts'
import type { ObjectRef, Proxied } from './references.ts'

/** What a caller may pass for a parameter of type T: the value, or a ref to it. */
export type Arg<T> =
  IsAny<T> extends true
    ? T
    : [T] extends [ObjectRef<unknown>]
      ? ObjectRef<T>
      : [T] extends [AnyFunction]
        ? Proxied<T>
        : T | ObjectRef<T>
/** The parameters of a remote call; names, optional and rest parameters stay. */
export type Args<A extends readonly unknown[]> = { [I in keyof A]: Arg<A[I]> }

export type Iterating<T> =
  | { next(...args: never): unknown; [Symbol.iterator](): { next(): IteratorResult<T, unknown> } }
  | { next(...args: never): unknown; [Symbol.asyncIterator](): { next(): Promise<IteratorResult<T, unknown>> } }

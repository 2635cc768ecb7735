/// <reference lib="esnext.disposable" />
import type { AnyFunction } from './common.ts'

declare const value: unique symbol
export declare const handle: unique symbol
declare const callback: unique symbol

/** Names a value in the object store. It is not a promise: `await get(ref)` gives the value. */
export interface ObjectRef<out T> extends Disposable {
  readonly id: string
  readonly [value]: T
}
/** The refs a generator call makes, one per item, in order. */
export interface ObjectRefStream<out T> extends AsyncIterableIterator<ObjectRef<T>, void, void>, AsyncDisposable {
  readonly id: string
}
/** The items of a generator call. Leaving the loop stops the producer. */
export interface ItemStream<out T> extends AsyncIterableIterator<T, void, void>, AsyncDisposable {}

/** A function that stays where it is; others call it and await the result. Made by `proxy(fn)`. */
export type Proxied<F extends AnyFunction> = F & MadeByProxy
/** What `proxy(fn)` adds to a function. A bare function cannot travel. */
export interface MadeByProxy {
  readonly [callback]: true
}

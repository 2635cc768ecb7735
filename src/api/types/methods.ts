import type { Args, Iterating } from './arguments.ts'
import type { IsAny, Same } from './common.ts'
import type { ItemStream, ObjectRef, ObjectRefStream } from './references.ts'

export interface CallOptions {
  /** Milliseconds; then the call rejects with TaskTimeoutError. */
  timeout?: number
  signal?: AbortSignal
  maxTaskRetries?: number
  concurrencyGroup?: string
  /** How the call is called in errors and the state API. */
  name?: string
}
export interface StreamOptions extends CallOptions {
  /** Never more than this many unread items exist. */
  backpressure?: number
}
/** The number of refs a result of type R can be taken as. */
export type NumReturns<R> = R extends readonly unknown[] ? 0 | 1 | R['length'] : 0 | 1
/** What `.remote()` returns for `numReturns: N`. */
export type Refs<R, N> = N extends 0
  ? void
  : N extends 1
    ? ObjectRef<R>
    : R extends readonly unknown[]
      ? { -readonly [I in keyof R]: ObjectRef<R[I]> }
      : never

type Direct<A extends readonly unknown[], R> = (...args: A) => Promise<R>
type Submit<A extends readonly unknown[], R> = (...args: A) => ObjectRef<R>

/** A method of an actor, as a caller sees it. */
export interface RemoteMethod<A extends readonly unknown[], R> {
  (...args: A): Promise<R>
  /** Starts the call and returns at once a ref to its result. */
  remote(...args: A): ObjectRef<R>
  options<N extends NumReturns<R> = 1 & NumReturns<R>>(
    options: CallOptions & { readonly numReturns?: N },
  ): BoundMethod<A, R, N>
}
export interface BoundMethod<A extends readonly unknown[], R, N = 1> {
  (...args: A): Promise<R>
  remote(...args: A): Refs<R, N>
}
/** A generator method of an actor, as a caller sees it. */
export interface StreamMethod<A extends readonly unknown[], Y> {
  (...args: A): ItemStream<Y>
  remote(...args: A): ObjectRefStream<Y>
  options(options: StreamOptions): StreamMethod<A, Y>
}
/** A method with overloads or type parameters, as a caller sees it. */
export type OverloadedMethod<Call, Start> = Call & {
  readonly remote: Start
  options(options: CallOptions): Call & { readonly remote: Start }
}

type FromSignature<A extends readonly unknown[], R> =
  IsAny<R> extends true
    ? RemoteMethod<Args<A>, R>
    : [Awaited<R>] extends [never]
      ? RemoteMethod<Args<A>, never>
      : Awaited<R> extends Iterating<infer Y>
        ? StreamMethod<Args<A>, Y>
        : RemoteMethod<Args<A>, Awaited<R>>

type FromSignatures<F, A extends readonly unknown[], R> = F extends {
  (...a: infer A1): infer R1
  (...a: infer A2): infer R2
  (...a: infer A3): infer R3
  (...a: infer A4): infer R4
}
  ? [A1, R1] extends [A4, R4]
    ? [A4, R4] extends [A1, R1]
      ? R extends Promise<unknown>
        ? OverloadedMethod<F, Submit<Args<A>, Awaited<R>>>
        : FromSignature<A, R>
      : FourSignatures<F, A1, R1, A2, R2, A3, R3, A4, R4>
    : FourSignatures<F, A1, R1, A2, R2, A3, R3, A4, R4>
  : FromSignature<A, R>

type FourSignatures<
  F,
  A1 extends readonly unknown[],
  R1,
  A2 extends readonly unknown[],
  R2,
  A3 extends readonly unknown[],
  R3,
  A4 extends readonly unknown[],
  R4,
> = OverloadedMethod<
  [R1 | R2 | R3 | R4] extends [Promise<unknown>]
    ? F
    : Direct<Args<A1>, Awaited<R1>> &
        Direct<Args<A2>, Awaited<R2>> &
        Direct<Args<A3>, Awaited<R3>> &
        Direct<Args<A4>, Awaited<R4>>,
  Submit<Args<A1>, Awaited<R1>> &
    Submit<Args<A2>, Awaited<R2>> &
    Submit<Args<A3>, Awaited<R3>> &
    Submit<Args<A4>, Awaited<R4>>
>

/** How a caller sees a method of type F. */
export type Remote<F> = F extends (...args: infer A extends readonly unknown[]) => infer R
  ? Same<F, (...args: A) => R> extends true
    ? FromSignature<A, R>
    : FromSignatures<F, A, R>
  : { remote: never }

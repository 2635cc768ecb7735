/** What a GPU must have for an actor or task to be placed on it. */
export interface GpuOptions {
  /** WebGPU features, like `shader-f16`. */
  readonly features?: readonly string[]
  /** A storage buffer of so many bytes must be possible. */
  readonly minBufferBytes?: number
}

export type AnyFunction = (...args: never) => unknown
export type Constructor = new (...args: never) => object
export type Same<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false
export type IsAny<T> = 0 extends 1 & T ? true : false

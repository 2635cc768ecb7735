import { type ActorHandle, actor, exitActor, get, type ObjectRef, put, task } from 'troupe'
import { collectHere, endWorker, sleep } from './platform.ts'

/** `count` numbers that follow from `seed`. */
export function numbers(count: number, seed: number): Float32Array {
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) values[i] = (i * 31 + seed * 7919) % 65_521
  return values
}

/** A sum that depends on the order of its numbers, which are integers. */
export function checksum(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum = (Math.imul(sum, 33) + values[i]!) | 0
  return sum
}

/** Makes objects, and ends in many ways. */
export const Maker = actor(
  class Maker {
    #kept: unknown
    make(count: number, seed: number): [ObjectRef<Float32Array>] {
      return [put(numbers(count, seed))]
    }
    shared(count: number, seed: number): [ObjectRef<Float32Array>] {
      return [put(numbers(count, seed), { shared: true })]
    }
    small(value: unknown): [ObjectRef<unknown>] {
      return [put(value)]
    }
    /** An object that holds a ref to an object that holds a ref. */
    nested(seed: number): [ObjectRef<{ readonly next: ObjectRef<{ readonly next: ObjectRef<Float32Array> }> }>] {
      return [put({ next: put({ next: put(numbers(10_000, seed)) }) })]
    }
    /** A ref to what a call of this actor will give, if it ends before this actor does. */
    pending(ms: number): [ObjectRef<number>] {
      return [late.remote(ms, 5)]
    }
    async keepingPending(ms: number): Promise<[ObjectRef<{ readonly slow: ObjectRef<number> }>]> {
      return [put({ slow: late.remote(ms, 5) })]
    }
    take(value: unknown): void {
      this.#kept = value
    }
    async fillMemory(bytes: number): Promise<number> {
      const refs = Array.from({ length: 8 }, (_, i) => put(numbers(bytes / 4, i)))
      this.#kept = refs
      let good = 0
      for (const [i, ref] of refs.entries()) if (checksum(await get(ref)) === checksum(numbers(bytes / 4, i))) good++
      return good
    }
    collect(): void {
      collectHere()
    }
    leave(): void {
      exitActor()
    }
    die(): Promise<never> {
      return endWorker()
    }
    holdsSomething(): boolean {
      return this.#kept !== undefined
    }
  },
  import.meta,
)

export const late = task(
  async function late(ms: number, value: number): Promise<number> {
    await sleep(ms)
    return value
  },
  import.meta,
)

/** Keeps refs and reads them. */
export const Keeper = actor(
  class Keeper {
    #refs: readonly ObjectRef<unknown>[] = []
    keep(refs: readonly ObjectRef<unknown>[]): number {
      this.#refs = refs
      return refs.length
    }
    back(): readonly ObjectRef<unknown>[] {
      return this.#refs
    }
    async pass(to: ActorHandle<{ keep(refs: readonly ObjectRef<unknown>[]): number }>): Promise<number> {
      return to.keep(this.#refs)
    }
    async read(): Promise<unknown> {
      return get(this.#refs[0]!)
    }
    async sums(): Promise<number[]> {
      return (await get(this.#refs)).map((value) => checksum(value as Float32Array))
    }
    async sumOf(refs: readonly ObjectRef<Float32Array>[]): Promise<number> {
      return checksum(await get(refs[0]!))
    }
    /** Follows `next` down to the numbers. */
    async follow(): Promise<number> {
      let value = (await get(this.#refs[0]!)) as { readonly next: ObjectRef<unknown> } | Float32Array
      while ('next' in value) value = (await get(value.next)) as typeof value
      return checksum(value as Float32Array)
    }
    collect(): void {
      collectHere()
    }
    drop(): void {
      for (const ref of this.#refs) ref[Symbol.dispose]()
      this.#refs = []
    }
  },
  import.meta,
)

export const sumOf = task(
  function sumOf(values: Float32Array): number {
    return checksum(values)
  },
  import.meta,
)
/** Reads a list of refs, and gives the sum of their values. */
export const addAll = task(
  async function addAll(refs: readonly ObjectRef<number>[]): Promise<number> {
    return (await get(refs)).reduce((sum, value) => sum + value, 0)
  },
  import.meta,
)
/** An object that holds many refs, read where it was not made. */
export const addAllWithin = task(
  async function addAllWithin(holder: { readonly refs: readonly ObjectRef<number>[] }): Promise<number> {
    return (await get(holder.refs)).reduce((sum, value) => sum + value, 0)
  },
  import.meta,
)
export const countArguments = task(
  function countArguments(...values: number[]): number {
    return values.reduce((sum, value) => sum + value, 0)
  },
  import.meta,
)
export const makeLarge = task(
  function makeLarge(count: number, seed: number): Float32Array {
    return numbers(count, seed)
  },
  import.meta,
)
/** Two results: numbers, and a ref to numbers. */
export const twoParts = task(
  function twoParts(seed: number): [Float32Array, { readonly ref: ObjectRef<Float32Array> }] {
    return [numbers(5000, seed), { ref: put(numbers(6000, seed + 1)) }]
  },
  import.meta,
)

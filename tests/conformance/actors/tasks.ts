import { runtimeContext, task } from 'troupe'
import { sleep } from './platform.ts'

export const add = task(
  function add(a: number, b: number): number {
    return a + b
  },
  import.meta,
)

export const slow = task(
  async function slow(ms: number, value: number): Promise<number> {
    await sleep(ms)
    return value
  },
  import.meta,
)

/** Gives the value when the gate lets it pass. */
export const valueAfter = task(
  async function valueAfter(pass: () => Promise<void>, value: number): Promise<number> {
    await pass()
    return value
  },
  import.meta,
)

export const fail = task(
  function fail(): never {
    throw new RangeError('bad thing')
  },
  import.meta,
)

/** The same value twice. */
export const twice = task(
  function twice<T>(value: T): [T, T] {
    return [value, value]
  },
  import.meta,
)

export const threeOf = task(
  function threeOf(): [number, number, number] {
    return [1, 2, 3]
  },
  import.meta,
)

export const resourcesOf = task(
  function resourcesOf(): Readonly<Record<string, number>> {
    return runtimeContext().assignedResources
  },
  import.meta,
)

export const nothing = task(function nothing(): void {}, import.meta)

export const countItems = task(
  function countItems(items: readonly unknown[]): number {
    return items.length
  },
  import.meta,
)

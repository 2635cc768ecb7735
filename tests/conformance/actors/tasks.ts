import { task } from 'troupe'
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

export const nothing = task(function nothing(): void {}, import.meta)

export const countItems = task(
  function countItems(items: readonly unknown[]): number {
    return items.length
  },
  import.meta,
)

import type { Caller } from './caller.ts'
import { add, check, orderOf, total } from './work.ts'

/** Makes so many calls and checks every result. */
export type Load = (caller: Caller, count: number) => Promise<void>

/** One call after the other. */
export const sequential: Load = async ({ add: call, name }, count) => {
  for (let i = 0; i < count; i++) check(await call(i), add(i), name)
}

/** So many calls under way at any time. */
export function windowOf(width: number): Load {
  return ({ add: call, name }, count) => inLanes(width, count, async (i) => check(await call(i), add(i), name))
}

/** As windowOf, with an object as the argument. */
export function windowOfOrders(width: number): Load {
  return ({ total: call, name }, count) =>
    inLanes(width, count, async (i) => {
      const order = orderOf(i)
      check(await call(order), total(order), name)
    })
}

/** As windowOf, with calls that take some time: they are all alike. */
export function windowOfWork(width: number, rounds: number, expected: number): Load {
  return ({ spin: call, name }, count) => inLanes(width, count, async () => check(await call(rounds), expected, name))
}

/** Bursts of so many calls; the next begins when all are answered. */
export function burstsOf(size: number): Load {
  return async ({ add: call, name }, count) => {
    for (let done = 0; done < count; done += size) {
      const results = await Promise.all(Array.from({ length: size }, (_, i) => call(done + i)))
      for (let i = 0; i < size; i++) check(results[i], add(done + i), name)
    }
  }
}

async function inLanes(width: number, count: number, call: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await call(next++)
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane))
}

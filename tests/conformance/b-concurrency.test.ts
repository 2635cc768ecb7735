import { get, type HandleOf, type ObjectRef, PendingCallsLimitExceeded, proxy, wait } from 'troupe'
import { expect, test } from 'vitest'
import { Actor2 } from './actors/basics.ts'
import { Grouped } from './actors/construction.ts'
import { Counter } from './actors/counter.ts'
import { Slow } from './actors/order.ts'
import { valueAfter } from './actors/tasks.ts'
import { expectThrows, type Gate, gate, latch, seconds, sleep, start } from './kit.ts'

/** Calls `inc` with an argument that is pending until the door opens, then `inc(1)`. */
function incAfterPending(counter: HandleOf<typeof Counter>): {
  door: Gate
  first: ObjectRef<number>
  second: ObjectRef<number>
} {
  const door = gate()
  const argument = valueAfter.remote(proxy(door.pass), 10)
  return { door, first: counter.inc.remote(argument), second: counter.inc.remote(1) }
}

test('B3 a pending argument holds later calls of its caller', async () => {
  await start()
  const { door, first, second } = incAfterPending(Counter.remote())
  await door.reached
  expect(await wait([second], { timeout: seconds(1) })).toEqual([[], [second]])
  door.open()
  expect(await get([first, second])).toEqual([10, 11])
})

test('B4 a concurrent actor lets later calls overtake', async () => {
  await start()
  const { door, first, second } = incAfterPending(Counter.options({ maxConcurrency: 1000 }).remote())
  expect(await get(second)).toBe(1)
  door.open()
  expect(await get(first)).toBe(11)
})

test('B5 out-of-order execution by option', async () => {
  await start()
  const { door, first, second } = incAfterPending(Counter.options({ allowOutOfOrderExecution: true }).remote())
  expect(await get(second)).toBe(1)
  door.open()
  expect(await get(first)).toBe(11)
})

test('B6 as many calls at once as maxConcurrency says', async () => {
  await start()
  for (const maxConcurrency of [1, 10, 1000]) {
    const actor = Slow.options({ maxConcurrency }).remote()
    await Promise.all(Array.from({ length: 50 }, () => actor.rest(seconds(maxConcurrency === 1 ? 0.05 : 0.5))))
    expect(await actor.peak()).toBe(Math.min(50, maxConcurrency))
  }
})

test('B7 four at once', async () => {
  await start()
  const actor = Slow.options({ maxConcurrency: 4 }).remote()
  await Promise.all(Array.from({ length: 4 }, () => actor.rest(seconds(0.5))))
  expect(await actor.peak()).toBe(4)
})

test('B9 a limit of pending calls', async () => {
  await start()
  const counter = Counter.options({ maxPendingCalls: 3 }).remote()
  const go = latch()
  const gate = proxy(() => go.opened)
  const first = counter.hold.remote(gate)
  const accepted = [counter.inc.remote(), counter.inc.remote()]
  expectThrows(() => counter.inc.remote(), PendingCallsLimitExceeded, /3/)
  // What was refused has no time limit that could count as an end of something.
  expectThrows(() => counter.inc.options({ timeout: 1 }).remote(), PendingCallsLimitExceeded)
  await sleep(seconds(0.5))
  expectThrows(() => counter.inc.remote(), PendingCallsLimitExceeded)
  go.open()
  await get(first)
  expect(await get(accepted)).toEqual([1, 2])
  expect(await counter.inc()).toBe(3)
})

test('B10 get inside a method', async () => {
  await start()
  expect(await Actor2.remote(1, 2).sum(1, 2)).toBe(3)
})

test('B8 concurrency groups', async () => {
  await start()
  const grouped = Grouped.remote()
  const order: string[] = []
  const fetches = Array.from({ length: 4 }, () => grouped.fetch(seconds(3)).then(() => order.push('io')))
  await grouped.health().then(() => order.push('health'))
  await Promise.all(fetches)
  expect(order).toEqual(['health', 'io', 'io', 'io', 'io'])
  expect(await grouped.peak()).toBe(2)
  expectThrows(() => grouped.health.options({ concurrencyGroup: 'none' }).remote(), RangeError, /none/)
  expect(await grouped.health()).toBe('ok')
})

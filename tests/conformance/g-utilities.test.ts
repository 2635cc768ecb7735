import { ActorPool, asCompleted, get, proxy, Queue, QueueEmptyError, QueueFullError } from 'troupe'
import { expect, test } from 'vitest'
import { fail, valueAfter } from './actors/tasks.ts'
import { Doubler } from './actors/utilities.ts'
import { expectRejects, gate, seconds, start, untyped } from './kit.ts'

test('G1 a pool of actors', async () => {
  await start()
  const pool = new ActorPool([Doubler.remote(), Doubler.remote()])
  const double = (actor: ReturnType<typeof Doubler.remote>, x: number) =>
    actor.double.remote(x, x === 1 ? seconds(3) : 0)
  const inOrder: number[] = []
  for await (const value of pool.map(double, [1, 2, 3, 4])) inOrder.push(value)
  expect(inOrder).toEqual([2, 4, 6, 8])
  const unordered: number[] = []
  for await (const value of pool.mapUnordered(double, [1, 2, 3, 4])) unordered.push(value)
  expect(unordered.at(-1)).toBe(2)
  expect(unordered.toSorted((a, b) => a - b)).toEqual([2, 4, 6, 8])
  pool.submit(double, 9)
  expect(pool.hasNext()).toBe(true)
  expect(await pool.getNext()).toBe(18)
  expect(pool.hasNext()).toBe(false)
  await expectRejects(() => pool.getNext(), Error)
  expect(pool.hasFree()).toBe(true)
})

test('G8 results in the order in which they come', async () => {
  await start()
  const doors = [gate(), gate(), gate()]
  const refs = doors.map(({ pass }, i) => valueAfter.options({ numCpus: 0 }).remote(proxy(pass), i))
  const failed = fail.remote()
  const order: (number | string)[] = []
  doors[2]!.open()
  for await (const ref of asCompleted([...refs, failed])) {
    order.push(ref === failed ? 'failed' : await get(ref as (typeof refs)[number]))
    if (order.length === 2) doors[0]!.open()
    if (order.length === 3) doors[1]!.open()
  }
  expect(order.slice(0, 2).sort()).toEqual([2, 'failed'])
  expect(order.slice(2)).toEqual([0, 1])
  await expectRejects(get(failed), RangeError, /bad thing/)
  for await (const ref of asCompleted([])) throw new Error(`a ref ${ref} of none`)
  await expectRejects(() => asCompleted(untyped([1])).next(), TypeError, /asCompleted/)
})

test('G2 a queue', async () => {
  await start()
  const queue = new Queue<number>({ maxSize: 2 })
  await queue.put(1)
  await queue.put(2)
  await expectRejects(queue.put(3, { block: false }), QueueFullError)
  await expectRejects(queue.putNowait(3), QueueFullError)
  await expectRejects(queue.put(3, { timeout: seconds(0.5) }), QueueFullError)
  expect(await queue.size()).toBe(2)
  expect(await queue.get()).toBe(1)
  expect(await queue.getNowait()).toBe(2)
  await expectRejects(queue.get({ block: false }), QueueEmptyError)
  await expectRejects(queue.getNowait(), QueueEmptyError)
  await expectRejects(queue.get({ timeout: seconds(0.5) }), QueueEmptyError)
  const waiting = queue.get()
  await queue.put(7)
  expect(await waiting).toBe(7)
  await queue.put(8)
  for await (const item of queue) {
    expect(item).toBe(8)
    break
  }
})

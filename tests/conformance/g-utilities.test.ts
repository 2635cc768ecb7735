import { ActorPool, Queue, QueueEmptyError, QueueFullError } from 'troupe'
import { expect, test } from 'vitest'
import { Doubler } from './actors/utilities.ts'
import { expectRejects, seconds, start } from './kit.ts'

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

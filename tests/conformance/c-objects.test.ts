import { GetTimeoutError, get, kill, type ObjectRef, put, TaskError, wait } from 'troupe'
import { expect, test } from 'vitest'
import { Plain } from './actors/basics.ts'
import { Counter } from './actors/counter.ts'
import { add, countItems, fail, slow } from './actors/tasks.ts'
import { expectRejects, seconds, start, untyped } from './kit.ts'

test('C1 refs as arguments are resolved at the top level only', async () => {
  await start()
  expect(await get(add.remote(add.remote(1, 2), 10))).toBe(13)
  expect(await get(add.remote(put(4), put(5)))).toBe(9)
  const inner = add.remote(1, 2)
  expect(await get(countItems.remote([inner, inner]))).toBe(2)
  const [echoed] = (await Plain.remote().echo([inner])) as [ObjectRef<number>]
  expect(echoed).not.toBe(3)
  expect(echoed.id).toBe(inner.id)
  expect(await get(echoed)).toBe(3)
})

test('C2 get of a list keeps the order of its input', async () => {
  await start()
  const refs = [slow.remote(seconds(1), 7), add.remote(1, 1), put('c')] as const
  expect(await get(refs)).toEqual([7, 2, 'c'])
  expect(await get([])).toEqual([])
  await expectRejects(() => get(untyped(3)), RangeError)
  await expectRejects(() => get(untyped([put(1), 3])), TypeError)
})

test('C3 a get that times out', async () => {
  await start()
  const ref = slow.remote(seconds(10), 8)
  await expectRejects(get(ref, { timeout: seconds(0.2) }), GetTimeoutError)
  await expectRejects(get(ref, { timeout: 0 }), GetTimeoutError)
  await expectRejects(get([put(1), ref], { timeout: seconds(0.2) }), GetTimeoutError)
  expect(await get(ref)).toBe(8)
  expect(await get(ref, { timeout: 0 })).toBe(8)
})

test('C4 the first error wins', async () => {
  await start()
  const counter = Counter.remote()
  const slowRef = counter.sleep.remote(seconds(50))
  const settled: string[] = []
  const watched = get(slowRef).then(
    () => settled.push('slow'),
    () => settled.push('slow'),
  )
  await expectRejects(get([slowRef, fail.remote()]), RangeError, /bad thing/)
  settled.push('error')
  kill(counter)
  await watched
  expect(settled).toEqual(['error', 'slow'])
})

test('C5 wait', async () => {
  await start()
  const refs = [add.remote(0, 0), add.remote(0, 1), slow.remote(seconds(60), 2)]
  const [ready, rest] = await wait(refs, { numReturns: 2, timeout: seconds(50) })
  expect(ready).toEqual([refs[0], refs[1]])
  expect(rest).toEqual([refs[2]])
  const [some, others] = await wait(refs, { numReturns: 3, timeout: seconds(0.5) })
  expect(some).toEqual([refs[0], refs[1]])
  expect(others).toEqual([refs[2]])
})

test('C6 wait returns exactly one by default, the earliest of its input', async () => {
  await start()
  const refs = [put(0), put(1), put(2), put(3)]
  const [ready, rest] = await wait(refs)
  expect(ready).toEqual([refs[0]])
  expect(rest).toEqual([refs[1], refs[2], refs[3]])
})

test('C7 wrong arguments of wait', async () => {
  await start()
  const ref = put(1)
  await expectRejects(() => wait([ref, ref]), RangeError)
  await expectRejects(() => wait(untyped(ref)), TypeError)
  await expectRejects(() => wait([ref], { numReturns: 0 }), RangeError)
  await expectRejects(() => wait([ref], { numReturns: 2 }), RangeError)
  await expectRejects(() => wait([ref], { timeout: -1 }), RangeError)
  await expectRejects(() => wait(untyped([ref, 3])), TypeError)
  expect(await wait([])).toEqual([[], []])
})

test('C8 a failed task counts as ready', async () => {
  await start()
  const failed = fail.remote()
  const [ready, rest] = await wait([failed], { timeout: seconds(50) })
  expect(ready).toEqual([failed])
  expect(rest).toEqual([])
  const counter = Counter.remote()
  kill(counter)
  const onDead = counter.inc.remote()
  expect(await wait([onDead], { timeout: seconds(50) })).toEqual([[onDead], []])
  await expectRejects(get(failed), TaskError)
})

import { get, listTasks, TaskError } from 'troupe'
import { expect, test } from 'vitest'
import { Actor2, Plain, Remote, useActor } from './actors/basics.ts'
import { Counter } from './actors/counter.ts'
import { note } from './actors/faults.ts'
import { Ledger } from './actors/ledger.ts'
import { add, fail, slow, threeOf, twice } from './actors/tasks.ts'
import { expectRejects, seconds, start, untyped } from './kit.ts'

test('A9 actors in actors, actors in tasks, tasks in actors', async () => {
  await start()
  const outer = Actor2.remote(3, 4)
  expect(await outer.getValues()).toEqual([3, 4])
  expect(await get(useActor.remote(10))).toBe(11)
  expect(await outer.sum(1, 2)).toBe(3)
})

test('A10 a handle passed to another actor', async () => {
  await start()
  const counter = Counter.remote()
  const other = Remote.remote()
  expect(await get(other.inc.remote(counter))).toBe(1)
  expect(await get(other.inc.remote(counter))).toBe(2)
  expect(await counter.get()).toBe(2)
})

test('A14 an error reaches what depends on it', async () => {
  await start()
  const ledger = Ledger.remote()
  const failed = fail.remote()
  const error = await expectRejects(get(add.remote(failed, 1)), RangeError, /bad thing/)
  expect(error).toBeInstanceOf(TaskError)
  expect(error.message).toMatch(/argument/)
  await expectRejects(get(note.remote(untyped(failed), ledger)), RangeError, /argument/)
  expect(await ledger.entries()).toEqual([])
})

test('A18 a result in several refs', async () => {
  await start()
  const plain = Plain.remote()
  expect(await get(plain.pair.remote())).toEqual([1, 2])
  const [first, second] = plain.pair.options({ numReturns: 2 }).remote()
  expect(await get([first, second])).toEqual([1, 2])
  const three = plain.pair.options(untyped({ numReturns: 3 })).remote() as unknown as readonly [typeof first]
  await expectRejects(get(three[0]), RangeError, /returned 2 .*numReturns.* 3/i)
  for (const ref of three) await expectRejects(get(ref), RangeError)
  const one = plain.pair.options(untyped({ numReturns: 1 })).remote() as unknown as typeof first
  expect(await get(one)).toEqual([1, 2])
  expect(plain.pair.options({ numReturns: 0 }).remote()).toBeUndefined()
  const [left, right] = twice.options({ numReturns: 2 }).remote('x') as unknown as [typeof first, typeof first]
  expect(await get([left, right])).toEqual(['x', 'x'])
  const many = twice.options(untyped({ numReturns: 3 })).remote(1) as unknown as (typeof first)[]
  expect(many.length).toBe(3)
  for (const ref of many) await expectRejects(get(ref), RangeError, /returned 2 .*numReturns.* 3/i)
  // One ref of three values is one ref whose value is all of them; two refs of three are a mistake.
  const reverse = threeOf.options(untyped({ numReturns: 2 })).remote() as unknown as (typeof first)[]
  for (const ref of reverse) await expectRejects(get(ref), RangeError, /returned 3 .*numReturns.* 2/i)
})

test('A19 the name of a task', async () => {
  await start()
  const ref = slow.options({ name: 'naming' }).remote(seconds(5), 1)
  const tasks = await listTasks()
  expect(tasks.some(({ name }) => name === 'naming')).toBe(true)
  expect(await get(ref)).toBe(1)
})

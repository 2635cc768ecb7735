import { get, type ObjectRef } from 'troupe'
import { expect, expectTypeOf, test } from 'vitest'
import { Counter } from './actors/counter.ts'
import { add } from './actors/tasks.ts'
import { Guarded } from './actors/web.ts'
import { start } from './kit.ts'

// The lines marked as errors are checked by the compiler: `npm run check` fails when one of them is accepted.
test('H8 the types of handles, refs and get', async () => {
  await start()
  const counter = Counter.remote(1)
  const guarded = Guarded.remote()
  // @ts-expect-error a string for a number
  void (() => Counter.remote('x'))
  // @ts-expect-error no such method
  void (() => counter.nope())
  // @ts-expect-error a field
  void (() => counter.value)
  // @ts-expect-error private by its name
  void (() => guarded._private())
  // @ts-expect-error a string for a number
  void (() => add.remote('x', 2))
  const refs = [counter.inc.remote(), Guarded.remote().later.remote(1)] as const
  expectTypeOf(refs[0]).toEqualTypeOf<ObjectRef<number>>()
  const values = await get([counter.get.remote(), guarded.later.remote(1)])
  expectTypeOf(values).toEqualTypeOf<[number, string]>()
  expect(values).toEqual([2, 'later'])
  expect(await get(refs)).toEqual([2, 'later'])
})

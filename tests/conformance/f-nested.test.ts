import { get, wait } from 'troupe'
import { expect, test } from 'vitest'
import { outer, outerWaits } from './actors/nested.ts'
import { start } from './kit.ts'

test('F7 tasks that wait for tasks give their CPUs up meanwhile', async () => {
  await start({ numCpus: 1 })
  expect(await get(outer.remote(4))).toBe(10)
  expect(await get([outer.remote(2), outer.remote(3), outerWaits.remote(2)])).toEqual([3, 6, 2])
  const [ready] = await wait([outer.remote(1)])
  expect(await get(ready[0]!)).toBe(1)
})

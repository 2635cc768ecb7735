import { get, listActors } from 'troupe'
import { expect, test } from 'vitest'
import { Tally } from './actors/bursts.ts'
import { sleep, start, until } from './kit.ts'

test('B1 calls of one caller keep their order: 100 000 made at once all complete', { timeout: 60_000 }, async () => {
  await start()
  const tally = Tally.remote()
  const count = 100_000
  const refs = Array.from({ length: count / 2 }, (_, i) => tally.add.remote(i))
  const values = Array.from({ length: count / 2 }, (_, i) => tally.add(count / 2 + i))
  const seen = [...(await get(refs)), ...(await Promise.all(values))]
  // Each answer is the number of calls before it: order and completeness in one.
  expect(seen.findIndex((before, i) => before !== i)).toBe(-1)
  expect(seen.length).toBe(count)
  expect(await tally.disorder()).toBe(0)
})

test('D1 an actor ends with its last handle: 10 000 light actors live at once', { timeout: 120_000 }, async () => {
  await start()
  const count = 10_000
  const tallies = Array.from({ length: count }, () => Tally.options({ isolation: 'shared', numCpus: 0 }).remote())
  expect((await Promise.all(tallies.map((tally) => tally.add(0)))).every((before) => before === 0)).toBe(true)
  expect((await listActors({ state: 'ALIVE' })).length).toBe(count)
  expect((await Promise.all(tallies.map((tally) => tally.add(1)))).every((before) => before === 1)).toBe(true)
  for (const tally of tallies) tally[Symbol.dispose]()
  await until(
    async () => {
      // The list is long.
      await sleep(100)
      return (await listActors()).every(({ state }) => state === 'DEAD')
    },
    'all light actors have ended',
    60_000,
  )
})

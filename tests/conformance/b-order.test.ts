import { get, getActor } from 'troupe'
import { expect, test } from 'vitest'
import { Plain } from './actors/basics.ts'
import { addMany, Journal } from './actors/order.ts'
import { start } from './kit.ts'

test('B1 calls of one caller keep their order', async () => {
  await start()
  const journal = Journal.remote()
  const callers = [0, 1, 2, 3, 4]
  const done = callers.map((k) => addMany.remote(journal, k, 50))
  const own = Array.from({ length: 50 }, (_, i) => journal.add.remote('own', i))
  await get(done)
  await get(own)
  const items = await journal.items()
  expect(items.length).toBe(300)
  const inOrder = Array.from({ length: 50 }, (_, i) => i)
  for (const k of [...callers, 'own']) {
    expect(items.filter(([caller]) => caller === k).map(([, i]) => i)).toEqual(inOrder)
  }
})

test('B1 calls of one caller keep their order: through handles that came by different ways', async () => {
  await start()
  const journal = Journal.options({ name: 'journal' }).remote()
  const echoed = (await Plain.remote().echo(journal)) as typeof journal
  const named = await getActor<typeof journal>('journal')
  const handles = [journal, echoed, named]
  const done = Array.from({ length: 90 }, (_, i) => handles[i % 3]!.add.remote('own', i))
  await get(done)
  expect((await journal.items()).map(([, i]) => i)).toEqual(Array.from({ length: 90 }, (_, i) => i))
})

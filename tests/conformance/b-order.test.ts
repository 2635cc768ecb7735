import { get } from 'troupe'
import { expect, test } from 'vitest'
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

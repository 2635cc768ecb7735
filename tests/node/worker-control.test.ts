import { get } from 'troupe'
import { expect, test } from 'vitest'
import { Counter } from '../conformance/actors/counter.ts'
import { sleep, start } from '../conformance/kit.ts'

test('a worker outlives every collection of garbage in the realm that started it', async () => {
  await start()
  const counter = Counter.remote()
  expect(await counter.inc()).toBe(1)
  for (let round = 0; round < 5; round++) {
    globalThis.gc!()
    await sleep(20)
  }
  expect(await get(counter.inc.remote())).toBe(2)
})

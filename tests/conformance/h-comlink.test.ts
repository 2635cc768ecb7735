import { expect, test } from 'vitest'
import { Recording, Studio, serializeCount } from './actors/comlink.ts'
import { host, start } from './kit.ts'

test("H19 Comlink's transfer handlers: they are honoured at any depth, once a value, and what they move is moved", async () => {
  await start()
  const studio = Studio.remote()
  const list = [3, 5, 4].map((length) => new Recording(`take ${length}`, new Float32Array(length).fill(length)))
  const before = serializeCount
  const longest = await studio.longest({ list })
  expect(longest).toBeInstanceOf(Recording)
  expect(longest.name).toBe('take 5')
  expect([...longest.samples]).toEqual([5, 5, 5, 5, 5])
  expect(list.map(({ samples }) => samples.length)).toEqual([0, 0, 0])
  // Inline, the result is sent from this realm too.
  expect(serializeCount - before).toBe(host === 'inline' ? 4 : 3)
})

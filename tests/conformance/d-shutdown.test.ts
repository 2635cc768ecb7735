import { isInitialized, proxy, shutdown, terminate } from 'troupe'
import { expect, test } from 'vitest'
import { Clinging } from './actors/clinging.ts'
import { latch, start } from './kit.ts'

test('D11 a terminate under way settles when the runtime is shut down', async () => {
  await start()
  const clinging = Clinging.remote()
  const leaving = latch()
  await clinging.tellOfEnd(proxy(() => leaving.open()))
  const ended = terminate(clinging)
  await leaving.opened
  await shutdown()
  await ended
  expect(isInitialized()).toBe(false)
})

test('D11 a terminate of an actor that is still starting settles when the runtime is shut down', async () => {
  await start()
  const ended = terminate(Clinging.remote())
  await Promise.resolve()
  await shutdown()
  await ended
  expect(isInitialized()).toBe(false)
})

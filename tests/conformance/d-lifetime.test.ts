import {
  ActorDiedError,
  ActorUnavailableError,
  AlreadyInitializedError,
  get,
  init,
  isInitialized,
  kill,
  proxy,
  put,
  RuntimeShutdownError,
  shutdown,
} from 'troupe'
import { expect, test } from 'vitest'
import { Counter } from './actors/counter.ts'
import { add, slow } from './actors/tasks.ts'
import { expectRejects, expectThrows, latch, seconds, start, untyped } from './kit.ts'

test('D4 kill', async () => {
  await start()
  const counter = Counter.remote()
  const started = latch()
  const running = counter.hang(proxy(started.open))
  await started.opened
  const queued = counter.inc.remote()
  kill(counter)
  await expectRejects(running, ActorDiedError, /kill/)
  await expectRejects(get(queued), ActorDiedError, /kill/)
  await expectRejects(counter.inc(), ActorDiedError, /kill/)
  await expectRejects(get(counter.inc.remote()), ActorDiedError, /kill/)
  expectThrows(() => kill(untyped('x')), RangeError)
  kill(counter)
  expect(await Counter.remote(3).inc()).toBe(4)
})

test.each([
  { maxRestarts: 0, error: ActorDiedError },
  { maxRestarts: 1, error: ActorUnavailableError },
])('D4 kill of a light actor answers the call that runs, $maxRestarts restarts', async ({ maxRestarts, error }) => {
  await start()
  const counter = Counter.options({ isolation: 'shared', maxRestarts }).remote()
  const neighbour = Counter.options({ isolation: 'shared' }).remote()
  expect(await neighbour.inc()).toBe(1)
  const started = latch()
  const running = counter.hang(proxy(started.open))
  await started.opened
  const queued = counter.inc.remote()
  kill(counter, { noRestart: maxRestarts === 0 })
  await expectRejects(running, error)
  await expectRejects(get(queued), error)
  expect(await neighbour.inc()).toBe(2)
  if (maxRestarts > 0) expect(await counter.inc()).toBe(1)
})

test('D10 init and shutdown', async () => {
  expect(isInitialized()).toBe(false)
  await start()
  expect(isInitialized()).toBe(true)
  await expectRejects(() => init(), AlreadyInitializedError, /shutdown/)
  const counter = Counter.remote()
  const started = latch()
  const running = counter.hang(proxy(started.open))
  await started.opened
  const pendingTask = get(slow.remote(seconds(100), 1))
  const stored = put(7)
  expect(await get(stored)).toBe(7)
  const settled = [expectRejects(running, RuntimeShutdownError), expectRejects(pendingTask, RuntimeShutdownError)]
  await shutdown()
  expect(isInitialized()).toBe(false)
  await Promise.all(settled)
  await expectRejects(() => get(stored), RuntimeShutdownError)
  await expectRejects(() => counter.inc(), RuntimeShutdownError)
  await expectRejects(() => get(counter.inc.remote()), RuntimeShutdownError)
  await shutdown()
  await start()
  expect(await get(add.remote(1, 2))).toBe(3)
  await expectRejects(() => counter.inc(), RuntimeShutdownError)
})

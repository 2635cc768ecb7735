import { ActorUnavailableError, get, ready, TaskTimeoutError } from 'troupe'
import { expect } from 'vitest'
import { Lasting, loopForever } from './actors/lasting.ts'
import { add } from './actors/tasks.ts'
import { expectRejects, expectThrows, start, untyped, workerTest } from './kit.ts'

workerTest('E14 a restarted actor goes on from its last checkpoint', async () => {
  await start()
  const lasting = Lasting.options({ maxRestarts: 2, checkpoint: 'save', restore: 'load' }).remote()
  expect(await get(Array.from({ length: 3 }, () => lasting.inc.remote()))).toEqual([1, 2, 3])
  expect(await lasting.incLater()).toBe(4)
  await expectRejects(lasting.die(), ActorUnavailableError)
  expect(await lasting.inc()).toBe(5)
  expect(await lasting.note()).toBe('restored')
  const seldom = Lasting.options({ maxRestarts: 1, checkpoint: 'save', restore: 'load', every: 2 }).remote()
  for (let i = 0; i < 3; i++) await seldom.inc()
  await expectRejects(seldom.die(), ActorUnavailableError)
  expect(await seldom.inc()).toBe(3)
  expectThrows(() => Lasting.options({ checkpoint: 'save' }).remote(), RangeError, /checkpoint and restore/)
  expectThrows(() => Lasting.options(untyped({ checkpoint: 'save', restore: 'nope' })).remote(), RangeError, /nope/)
})

workerTest('E15 a time limit ends a worker that is stuck', async () => {
  await start()
  const lasting = Lasting.options({ maxRestarts: 1 }).remote()
  await ready(lasting)
  await expectRejects(lasting.loop.options({ timeout: 100 })(), TaskTimeoutError, /loop/)
  // It may reach the stuck worker before that is ended.
  expect(await lasting.inc.options({ maxTaskRetries: 1 })()).toBe(1)
  const stuck = loopForever.options({ timeout: 100, maxRetries: 0 }).remote()
  await expectRejects(get(stuck), TaskTimeoutError)
  expect(await get(add.remote(1, 2))).toBe(3)
})

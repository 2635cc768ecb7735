import { ActorDiedError, actor, get, ready, task } from 'troupe'
import { expect, test } from 'vitest'
import { Plain } from './actors/basics.ts'
import { Counter } from './actors/counter.ts'
import { Naive } from './actors/driver-part.ts'
import { add } from './actors/tasks.ts'
import { expectRejects, expectThrows, reasonOf, start, untyped, workerTest } from './kit.ts'

workerTest('M1 an actor or a task without a source', async () => {
  await start()
  // Not called by name, so that no bundler plugin adds the source.
  const defineActor = [actor][0]!
  const defineTask = [task][0]!
  const lost = (await reasonOf(() => ready(defineActor(class Lost {}).remote()))) as Error
  expect(lost.message).toMatch(/Lost/)
  expect(lost.message).toMatch(/import\.meta/)
  const lostTask = (await reasonOf(() => get(defineTask(function lose() {}).remote()))) as Error
  expect(lostTask.message).toMatch(/lose/)
  expect(lostTask.message).toMatch(/import\.meta/)
})

workerTest('M2 driver code that runs again in a worker', async () => {
  await start()
  const naive = Naive.remote()
  await expectRejects(ready(naive), ActorDiedError, /isDriver\(\)/)
  await expectRejects(naive.f(), ActorDiedError, /isDriver\(\)/)
  expect(await Counter.remote().inc()).toBe(1)
})

test('M3 unknown options and bad values are refused at once, by name', async () => {
  await start()
  expectThrows(() => Counter.options(untyped({ nmae: 'x' })), Error, /nmae/)
  expectThrows(() => Counter.options({ numGpus: -1 }), RangeError, /numGpus/)
  expectThrows(() => Counter.options({ numCpus: Number.NaN }), Error, /numCpus/)
  expectThrows(() => Counter.options({ maxRestarts: -2 }), RangeError, /maxRestarts/)
  expectThrows(() => add.options(untyped({ maxRestarts: 1 })), Error, /maxRestarts/)
  expectThrows(() => add.options({ maxRetries: -2 }), RangeError, /maxRetries/)
  await expectRejects(() => get(untyped({})), Error)
  expect(await Counter.remote().inc()).toBe(1)
})

test('M4 what is no class and what is no function', async () => {
  expectThrows(() => actor(untyped(3), import.meta), TypeError, /class/)
  expectThrows(() => task(untyped('x'), import.meta), TypeError, /function/)
  await start()
  expect(await Plain.remote().echo('x')).toBe('x')
})

import {
  ActorDiedError,
  ActorError,
  ActorUnavailableError,
  get,
  init,
  OutOfMemoryError,
  TaskError,
  WorkerCrashedError,
} from 'troupe'
import { expect } from 'vitest'
import { Counter } from './actors/counter.ts'
import { crashes, Fragile, fill, Hog, LateOwner, throwsAtFirst } from './actors/faults.ts'
import { Ledger } from './actors/ledger.ts'
import { expectRejects, seconds, start, testOn, workerTest } from './kit.ts'

workerTest('E1 an actor restarts', async () => {
  await start()
  const counter = Counter.options({ maxRestarts: 1 }).remote()
  expect(await get([counter.inc.remote(), counter.inc.remote(), counter.inc.remote()])).toEqual([1, 2, 3])
  const before = await counter.context()
  await expectRejects(counter.die(), ActorUnavailableError, /may or may not/)
  expect(await counter.inc()).toBe(1)
  const after = await counter.context()
  expect(after.actorId).toBe(before.actorId)
  expect(after.workerId).not.toBe(before.workerId)
  await expectRejects(counter.die(), ActorDiedError)
  await expectRejects(counter.inc(), ActorDiedError)
})

workerTest('E2 calls are tried again in their order', async () => {
  await start()
  const ledger = Ledger.remote()
  const fragile = Fragile.options({ maxRestarts: -1, maxTaskRetries: -1 }).remote()
  const refs = Array.from({ length: 20 }, (_, i) => fragile.work.remote(i, 7, ledger))
  const values = await get(refs)
  expect(values).toEqual([
    ...Array.from({ length: 7 }, (_, i) => i + 1),
    ...Array.from({ length: 13 }, (_, i) => i + 1),
  ])
})

workerTest('E4 a task whose worker dies is tried again: as often as maxRetries says', async () => {
  await start()
  expect(await get(crashes.options({ maxRetries: 2 }).remote(2, Ledger.remote()))).toBe(3)
})

workerTest('E4 a task whose worker dies is tried again: and then fails', async () => {
  await start()
  const ledger = Ledger.remote()
  await expectRejects(get(crashes.options({ maxRetries: 1 }).remote(1000, ledger)), WorkerCrashedError)
  expect(await ledger.count('runs')).toBe(2)
})

workerTest('E4 a task whose worker dies is tried again: three times by default', async () => {
  await start()
  expect(await get(crashes.remote(3, Ledger.remote()))).toBe(4)
})

workerTest('E5 errors of the user are tried again only when asked', async () => {
  await start()
  const once = Ledger.remote()
  await expectRejects(get(throwsAtFirst.remote(1, once)), RangeError, /run 1/)
  expect(await once.count('runs')).toBe(1)
  const retried = throwsAtFirst.options({ retryExceptions: true, maxRetries: 5 })
  expect(await get(retried.remote(2, Ledger.remote()))).toBe(3)
  const listed = throwsAtFirst.options({ retryExceptions: [RangeError], maxRetries: 5 })
  expect(await get(listed.remote(2, Ledger.remote()))).toBe(3)
  const other = Ledger.remote()
  const unlisted = throwsAtFirst.options({ retryExceptions: [SyntaxError], maxRetries: 5 })
  await expectRejects(get(unlisted.remote(2, other)), TaskError, /run 1/)
  expect(await other.count('runs')).toBe(1)
})

workerTest('E10 the owner dies before the argument of a constructor is there', async () => {
  await start()
  const owner = LateOwner.remote()
  const late = await owner.make(seconds(50))
  const call = late.inc()
  await expectRejects(owner.die(), ActorDiedError)
  await expectRejects(call, ActorError)
  await expectRejects(late.inc(), ActorError)
})

// A browser's worker without memory takes the whole tab.
testOn(['node'], 'E17 a worker that runs out of memory ends alone, and the error says so', async () => {
  await start({ workerMemory: 128 * 2 ** 20 })
  const ledger = Ledger.remote()
  const hog = Hog.remote()
  const error = await expectRejects(hog.fill(), ActorDiedError, /ran out of memory/)
  expect(error.isOutOfMemory).toBe(true)
  expect(error.cause).toBeInstanceOf(OutOfMemoryError)
  expect(error.exitCode).toBe(1)
  const restarting = Hog.options({ maxRestarts: 1 }).remote()
  await expectRejects(restarting.fill(), ActorUnavailableError)
  expect(await restarting.alive()).toBe(true)
  const failed = await expectRejects(get(fill.remote(ledger)), OutOfMemoryError, /fill.*ran out of memory/)
  expect(failed).toMatchObject({ task: 'fill', exitCode: 1 })
  // What does not fit will not fit at the second try.
  expect(await ledger.count('runs')).toBe(1)
  await expectRejects(() => init({ workerMemory: -1 }), RangeError, /workerMemory/)
})

workerTest('E18 what an actor has made ends with that life of it, and its next life makes its own', async () => {
  await start()
  const owner = LateOwner.options({ maxRestarts: 1 }).remote()
  const child = await owner.make(1)
  expect(await child.inc()).toBe(6)
  await expectRejects(owner.die(), ActorUnavailableError)
  const next = await owner.make(1)
  const error = await expectRejects(child.inc(), ActorDiedError, /its owner .* has ended/)
  expect(error.reason).toBe('OWNER_DIED')
  expect(await next.inc()).toBe(6)
})

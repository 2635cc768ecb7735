import {
  ActorAlreadyExistsError,
  ActorDiedError,
  availableResources,
  cancel,
  exitActor,
  get,
  getActor,
  kill,
  proxy,
  ready,
  TaskCancelledError,
  terminate,
} from 'troupe'
import { expect, test } from 'vitest'
import { Counter } from './actors/counter.ts'
import { Ledger } from './actors/ledger.ts'
import { callAndTell, Disposable, Leaver, makeBoth, Popular, useLater, Visitor } from './actors/lifetime.ts'
import { collectGarbage, expectRejects, expectThrows, gate, seconds, start, until, untyped, workerTest } from './kit.ts'

const hasGpus = (count: number) => async () => (await availableResources()).GPU === count

test('D1 the last handle is disposed', async () => {
  await start()
  expect(await Counter.remote(4).inc()).toBe(5)
  const counter = Counter.options({ numGpus: 1 }).remote()
  await ready(counter)
  const queued = [counter.inc.remote(), counter.inc.remote()]
  counter[Symbol.dispose]()
  expect(await get(queued)).toEqual([1, 2])
  await until(hasGpus(2), 'the GPU comes back')
})

test('D1 the last handle is collected', async () => {
  await start()
  await (async () => {
    await Counter.options({ numGpus: 1 }).remote().inc()
  })()
  await until(async () => {
    await collectGarbage()
    return hasGpus(2)()
  }, 'the GPU comes back')
})

test('D5 the dispose hook runs at every graceful end', async () => {
  await start()
  const ledger = Ledger.remote()
  const ended = (count: number): Promise<void> =>
    until(async () => (await ledger.entries()).length === count, `${count} have been disposed of`)
  const dropped = Disposable.remote(ledger)
  expect(await dropped.inc()).toBe(1)
  dropped[Symbol.dispose]()
  await ended(1)
  await expectRejects(Disposable.remote(ledger).leave(), ActorDiedError)
  await ended(2)
  await terminate(Disposable.options({ isolation: 'shared' }).remote(ledger))
  await ended(3)
})

test('D7 names', async () => {
  await start()
  const first = Counter.options({ name: 'n1' }).remote(7)
  expect(await (await getActor<typeof first>('n1')).inc()).toBe(8)
  const second = Counter.options({ name: 'n1' })
  expect(await expectRejects(() => ready(second.remote()), ActorAlreadyExistsError, /n1/)).toBeInstanceOf(RangeError)
  for (const name of ['unknown', '']) await expectRejects(() => getActor(name), RangeError)
  await expectRejects(() => getActor('n1', { namespace: 'other' }), RangeError)
  const same = Counter.options({ name: 'n1', getIfExists: true }).remote(100)
  expect(await same.get()).toBe(8)
  kill(first)
  await expectRejects(first.inc(), ActorDiedError)
  await expectRejects(() => getActor('n1'), RangeError)
  expect(await Counter.options({ name: 'n1' }).remote().inc()).toBe(1)
})

test('D2 a handle held elsewhere keeps the actor', async () => {
  await start()
  const counter = Counter.options({ numGpus: 1 }).remote()
  const used = useLater.remote(counter, seconds(1.5))
  counter[Symbol.dispose]()
  expect(await get(used)).toBe(1)
  await until(hasGpus(2), 'the GPU comes back')
})

test('D5 terminate', async () => {
  await start()
  const ledger = Ledger.remote()
  const gentle = Disposable.remote(ledger)
  const refs = Array.from({ length: 5 }, () => gentle.inc.remote())
  await terminate(gentle)
  expect(await get(refs)).toEqual([1, 2, 3, 4, 5])
  await expectRejects(gentle.inc(), ActorDiedError)
  expect(await ledger.entries()).toEqual(['disposed'])
  const killed = Disposable.remote(ledger)
  await ready(killed)
  kill(killed)
  await expectRejects(killed.inc(), ActorDiedError)
  expect(await ledger.entries()).toEqual(['disposed'])
})

test('D8 detached actors outlive their creator', async () => {
  await start()
  await get(makeBoth.remote())
  const detached = await getActor<ReturnType<typeof Counter.remote>>('det')
  expect(await detached.inc()).toBe(3)
  await until(async () => {
    try {
      // A handle that is looked up holds its actor too.
      ;(await getActor<ReturnType<typeof Counter.remote>>('sibling'))[Symbol.dispose]()
      return false
    } catch {
      return true
    }
  }, 'the sibling is gone')
  expectThrows(() => Counter.options(untyped({ lifetime: 'forever' })), RangeError, /lifetime/)
  expect(await Counter.options({ lifetime: 'detached' }).remote(1).get()).toBe(1)
})

test('D6 an actor that ends itself', async () => {
  await start()
  const leaver = Leaver.options({ maxRestarts: 3 }).remote()
  const leaving = leaver.leave.remote(seconds(0.5))
  const queued = leaver.alive.remote()
  const error = await expectRejects(get(leaving), ActorDiedError, /exitActor\(\)/)
  expect(error.reason).toBe('INTENDED_USER_EXIT')
  await expectRejects(get(queued), ActorDiedError)
  await expectRejects(leaver.alive(), ActorDiedError)
  expectThrows(() => exitActor(), TypeError)
})

workerTest('D12 an actor forgets the callers that have ended', async () => {
  await start()
  const popular = Popular.remote()
  expect(await popular.callers()).toBe(1)
  for (let round = 0; round < 3; round++) {
    const visitors = [Visitor.remote(), Visitor.remote()]
    await Promise.all(visitors.map((visitor) => visitor.visit(popular)))
    expect(await popular.callers()).toBe(3)
    for (const visitor of visitors) kill(visitor)
    await until(async () => (await popular.callers()) === 1, 'the visitors are forgotten')
  }
})

test('D2 a call that never starts does not keep the actors among its arguments', async () => {
  await start()
  const popular = Popular.remote()
  const door = gate()
  const busy = popular.hold(proxy(door.pass))
  await door.reached
  const counter = Counter.options({ numGpus: 1 }).remote()
  await ready(counter)
  const queued = popular.use.remote(counter)
  cancel(queued)
  await expectRejects(get(queued), TaskCancelledError)
  counter[Symbol.dispose]()
  await until(hasGpus(2), 'the GPU comes back', 5000)
  door.open()
  await busy
})

test('D5 terminate of an actor that waits for resources: calls that others made before are answered', async () => {
  await start()
  const ledger = Ledger.remote()
  const holder = Counter.options({ numGpus: 2 }).remote()
  await ready(holder)
  const late = Counter.options({ numGpus: 1 }).remote(4)
  const called = callAndTell.remote(late, ledger)
  await until(async () => (await ledger.entries()).length === 1, 'the task has called it')
  const ended = terminate(late)
  kill(holder)
  expect(await get(called)).toBe(5)
  await ended
  await expectRejects(late.inc(), ActorDiedError, /terminate/)
})

test('D5 terminate of an actor that waits for resources and that nobody else holds ends it at once', async () => {
  await start()
  const holder = Counter.options({ numGpus: 2 }).remote()
  await ready(holder)
  const late = Counter.options({ numGpus: 1 }).remote()
  await terminate(late)
  await expectRejects(late.inc(), ActorDiedError, /terminate/)
  expect(await holder.inc()).toBe(1)
})

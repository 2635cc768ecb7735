import { ActorDiedError, actor, get, kill, listWorkers, proxy, ready, WorkerCrashedError, wait } from 'troupe'
import { expect } from 'vitest'
import { Counter } from './actors/counter.ts'
import { dieInTask, Mortal, runsOn, Witness } from './actors/doomed.ts'
import { outer } from './actors/nested.ts'
import { add } from './actors/tasks.ts'
import { Unloadable } from './actors/throws-on-import.ts'
import { collectGarbage, expectRejects, host, latch, seconds, sleep, start, testOn, until, workerTest } from './kit.ts'

async function expectRuntimeGoesOn(): Promise<void> {
  expect(await Counter.remote(1).inc()).toBe(2)
  expect(await get(add.remote(1, 2))).toBe(3)
}

workerTest('W1 a worker that exits', async () => {
  await start()
  const mortal = Mortal.remote()
  const other = Counter.remote()
  expect(await mortal.alive()).toBe(true)
  const running = mortal.exit.remote(3)
  const queued = [mortal.alive.remote(), mortal.alive.remote()]
  const error = await expectRejects(get(running), ActorDiedError, /Mortal/)
  if (host === 'node') expect(error.message).toMatch(/code 3/)
  for (const ref of queued) await expectRejects(get(ref), ActorDiedError)
  await expectRejects(mortal.alive(), ActorDiedError)
  await expectRejects(ready(mortal), ActorDiedError)
  expect(await wait([mortal.alive.remote()], { timeout: seconds(50) })).toMatchObject([[{}], []])
  expect(await other.inc()).toBe(1)
  await expectRuntimeGoesOn()
})

workerTest('W2 a worker that closes itself without a fault', async () => {
  await start()
  const mortal = Mortal.remote()
  const running = mortal.exit(0)
  const queued = mortal.alive()
  await expectRejects(running, ActorDiedError)
  await expectRejects(queued, ActorDiedError)
  await expectRuntimeGoesOn()
})

workerTest('W3 a module that throws on import', async () => {
  await start()
  const unloadable = Unloadable.remote()
  const call = unloadable.f()
  await expectRejects(ready(unloadable), ActorDiedError, /import-oops/)
  await expectRejects(call, ActorDiedError, /import-oops/)
  await expectRuntimeGoesOn()
})

workerTest('W4 a module that is not there', async () => {
  await start()
  const url = new URL('./actors/nowhere.ts', import.meta.url).href
  const Ghost = actor(
    class Ghost {
      f(): number {
        return 1
      }
    },
    { url } as ImportMeta,
  )
  const ghost = Ghost.remote()
  const call = ghost.f()
  await expectRejects(ready(ghost), ActorDiedError, /nowhere/)
  await expectRejects(call, ActorDiedError, /nowhere/)
  await expectRuntimeGoesOn()
})

workerTest('W5 a worker that loops and is killed', async () => {
  await start()
  const mortal = Mortal.options({ numGpus: 1 }).remote()
  const started = latch()
  const running = mortal.loop(proxy(started.open))
  await started.opened
  const queued = mortal.alive.remote()
  const next = Counter.options({ numGpus: 2 }).remote().gpus()
  kill(mortal)
  await expectRejects(running, ActorDiedError, /kill/)
  await expectRejects(get(queued), ActorDiedError, /kill/)
  expect(await next).toEqual([0, 1])
  await expectRuntimeGoesOn()
})

workerTest('W6 a task whose worker dies', async () => {
  await start()
  await expectRejects(get(dieInTask.options({ maxRetries: 0 }).remote()), WorkerCrashedError, /dieInTask/)
  const crashes = Array.from({ length: 3 }, () => dieInTask.options({ maxRetries: 0 }).remote())
  for (const ref of crashes) await expectRejects(get(ref), WorkerCrashedError)
  expect(await get(runsOn.remote())).toBe(false)
  await expectRuntimeGoesOn()
})

workerTest('W7 an actor that dies while another actor waits for it', async () => {
  await start()
  const witness = Witness.remote()
  expect(await witness.watch(Mortal.remote())).toBe('ActorDiedError')
  await expectRuntimeGoesOn()
})

workerTest('W8 an error outside of any call ends the worker, and is named', async () => {
  await start()
  const mortal = Mortal.remote()
  const running = mortal.throwLater()
  if (host === 'node') await expectRejects(running, ActorDiedError, /thrown outside of a call/)
  else kill(mortal)
  await expectRejects(running, ActorDiedError)
  await expectRuntimeGoesOn()
})

workerTest('W9 killed before it has started', async () => {
  await start()
  const counters = Array.from({ length: 3 }, () => Counter.remote())
  const calls = counters.map((counter) => counter.inc())
  for (const counter of counters) kill(counter)
  for (const call of calls) await expectRejects(call, ActorDiedError, /kill/)
  await expectRuntimeGoesOn()
})

workerTest('W10 idle workers live on when garbage is collected', async () => {
  await start()
  const counter = Counter.remote(1)
  expect(await counter.inc()).toBe(2)
  expect(await get(add.remote(1, 2))).toBe(3)
  await collectGarbage()
  await sleep(seconds(2))
  expect(await counter.inc()).toBe(3)
  expect(await get(add.remote(1, 2))).toBe(3)
})

testOn(['chromium'], 'H18 without Web Locks the end of a worker is noticed by a ping', async () => {
  const locks = Object.getOwnPropertyDescriptor(Navigator.prototype, 'locks')!
  Object.defineProperty(Navigator.prototype, 'locks', { configurable: true, value: undefined })
  try {
    await start({ pingTimeout: 500 })
    const counter = Counter.remote()
    expect(await counter.inc()).toBe(1)
    await expectRejects(counter.die(), ActorDiedError)
    await expectRejects(counter.inc(), ActorDiedError)
    expect(await Counter.remote().inc()).toBe(1)
  } finally {
    Object.defineProperty(Navigator.prototype, 'locks', locks)
  }
})

workerTest('W12 spare workers are ready before an actor wants one, and are replaced', async () => {
  await start({ spareWorkers: 2 })
  const isReady = async (): Promise<boolean> =>
    (await listWorkers({ state: 'ready' })).filter(({ actorIds }) => actorIds.length === 0).length === 2
  await until(isReady, 'two spare workers are ready')
  const spare = (await listWorkers()).map(({ workerId }) => workerId)
  const counter = Counter.remote()
  expect(spare).toContain((await counter.context()).workerId)
  await until(isReady, 'another one has taken its place')
})

workerTest('W13 workers that have had nothing to do for a while end, but for one a CPU', async () => {
  await start({ numCpus: 1 })
  // A task that waits for another lends its CPU: there are two workers for a while.
  expect(await get(outer.remote(1))).toBe(1)
  expect((await listWorkers()).length).toBeGreaterThan(1)
  await until(async () => (await listWorkers()).length === 1, 'the other has ended')
  expect(await get(add.remote(1, 2))).toBe(3)
})

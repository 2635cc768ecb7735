import { get, kill, listActors, listNodes, listObjects, listTasks, listWorkers, proxy, put, ready } from 'troupe'
import { expect, test } from 'vitest'
import { Counter } from './actors/counter.ts'
import { Lasting } from './actors/lasting.ts'
import { Observer, Timed } from './actors/observer.ts'
import { add, slow, valueAfter } from './actors/tasks.ts'
import { expectRejects, gate, start, until, untyped, workerTest } from './kit.ts'

test('G9 lists take only what has the values asked for', async () => {
  const { nodeId } = await start()
  const [first, second] = [Counter.options({ name: 'one' }).remote(), Timed.remote()]
  await Promise.all([ready(first), ready(second)])
  expect(await listActors({ className: 'Counter', state: 'ALIVE' })).toMatchObject([{ name: 'one', nodeId }])
  expect(await listActors({ name: undefined })).toMatchObject([{ className: 'Timed' }])
  expect(await listActors({ name: 'one', className: 'Timed' })).toEqual([])
  const [counter] = await listActors({ name: 'one' })
  expect(await listWorkers({ workerId: counter!.workerId! })).toMatchObject([{ actorIds: [counter!.actorId] }])
  expect(await listNodes({ nodeId, actorCount: 2 })).toHaveLength(1)
  const large = put(new Uint8Array(100_000))
  expect(await listObjects({ objectId: large.id })).toMatchObject([{ owner: nodeId, state: 'READY' }])
  const ref = slow.options({ name: 'one task' }).remote(50, 1)
  expect(await listTasks({ name: 'one task', attempt: 0 })).toMatchObject([{ submitter: nodeId }])
  expect(await listTasks({ name: 'no task' })).toEqual([])
  await get(ref)
})

test('G9 a field that there is not is refused at once, in workers too', async () => {
  await start()
  const lists = { listActors, listNodes, listObjects, listTasks, listWorkers }
  for (const [name, list] of Object.entries(lists)) {
    const error = await expectRejects(list(untyped({ sate: 1 })), RangeError, /unknown field "sate"/)
    expect(error.message.startsWith(`${name}: `)).toBe(true)
    await expectRejects(list(untyped('ALIVE')), TypeError, /fields must be an object, not string/)
  }
  await expectRejects(listActors(untyped({ stat: 'ALIVE' })), RangeError, /Did you mean "state"\?/)
  // Lists cannot be compared.
  await expectRejects(listActors(untyped({ gpuIds: [0] })), RangeError, /unknown field "gpuIds"/)
  await expectRejects(listActors({}, untyped({ details: true })), RangeError, /Did you mean "detail"\?/)
  await expectRejects(listActors({}, untyped({ detail: 1 })), TypeError, /detail must be true or false/)
  const observer = Observer.remote()
  await expectRejects(observer.wrong(), RangeError, /listWorkers: unknown field "worker"/)
  const { nodes, workers } = await observer.counts()
  expect([nodes, workers]).toEqual([1, 1])
})

test('G10 the figures of an actor: what its calls did, ran and waited', async () => {
  await start()
  const timed = Timed.remote()
  const counter = Counter.remote()
  await timed.compute(20)
  await timed.pause(30)
  await expectRejects(timed.fail(), RangeError)
  await counter.inc()
  const door = gate()
  const held = counter.hold(proxy(door.pass))
  const waiting = [counter.inc(), counter.boom().catch(() => 0), counter.inc()]
  await door.reached
  const figuresOf = async (className: string) => (await listActors({ className }, { detail: true }))[0]?.figures
  await until(async () => (await figuresOf('Counter'))?.waitingCount === 3, 'all calls are there')
  expect(await figuresOf('Counter')).toMatchObject({ finishedCount: 1, failedCount: 0, runningCount: 1 })
  await new Promise((resolve) => setTimeout(resolve, 40))
  door.open()
  await Promise.all([held, ...waiting])
  const counted = (await figuresOf('Counter'))!
  expect(counted).toMatchObject({ finishedCount: 4, failedCount: 1, runningCount: 0, waitingCount: 0 })
  // Three of five calls waited for at least the 40 ms.
  expect(counted.meanWaitMs).toBeGreaterThan((3 * 39) / 5)
  const done = (await figuresOf('Timed'))!
  expect(done).toMatchObject({
    finishedCount: 2,
    failedCount: 1,
    runningCount: 0,
    waitingCount: 0,
    meanWaitMs: expect.any(Number),
  })
  expect(done.runMs).toBeGreaterThan(49)
  expect(done.runMs).toBeLessThan(done.ageMs)
  expect(done.utilisation).toBeCloseTo(done.runMs / done.ageMs, 5)
  expect(await Observer.remote().actors('Timed')).toMatchObject([{ className: 'Timed', figures: { finishedCount: 2 } }])
})

test('G10 light actors and calls at the same time have figures too; the dead have none', async () => {
  await start()
  const light = Timed.options({ isolation: 'shared', maxConcurrency: 4 })
  const [busy, idle, dead] = [light.remote(), light.remote(), light.remote()]
  await Promise.all([ready(busy), ready(idle), ready(dead)])
  kill(dead)
  await Promise.all([busy.pause(40), busy.pause(40), busy.pause(40)])
  await until(async () => (await listActors({ state: 'DEAD' })).length === 1, 'it is dead')
  const figures = (await listActors({}, { detail: true })).map((view) => view.figures)
  const [ofBusy, ofIdle, ofDead] = figures
  expect(ofBusy!.finishedCount).toBe(3)
  expect(ofBusy!.runMs).toBeGreaterThan(3 * 39)
  // It was busy for about a third of what its calls ran in all.
  expect(ofBusy!.utilisation * ofBusy!.ageMs).toBeLessThan(ofBusy!.runMs * 0.75)
  expect(ofIdle).toMatchObject({ finishedCount: 0, runMs: 0, utilisation: 0, meanWaitMs: 0 })
  expect(ofDead).toBeUndefined()
  expect((await listActors())[0]).not.toHaveProperty('figures')
})

workerTest('G10 a new life of an actor begins to count anew', async () => {
  await start()
  const counter = Counter.options({ maxRestarts: 1 }).remote()
  await counter.inc()
  await counter.die().catch(() => {})
  await until(
    async () => (await listActors())[0]!.incarnation === 1 && (await listActors())[0]!.state === 'ALIVE',
    'it is back',
  )
  await counter.inc()
  const [view] = await listActors({}, { detail: true })
  expect(view).toMatchObject({ restartCount: 1, figures: { finishedCount: 1, failedCount: 0 } })
})

workerTest('G10 a worker that never gives its thread back holds no list up', async () => {
  const { warn } = console
  const lines: string[] = []
  console.warn = (line: string) => void lines.push(line)
  try {
    await start()
    const [loops, counter] = [Lasting.remote(), Counter.remote()]
    await Promise.all([ready(loops), counter.inc()])
    void loops.loop().catch(() => {})
    const views = await listActors({}, { detail: true })
    expect(views).toMatchObject([{ figures: undefined }, { figures: { finishedCount: 1 } }])
    expect(lines.join()).toMatch(/actorFigures: the worker \S+ has not answered in time/)
    const [tasks, objects] = await Promise.all([listTasks(), listObjects()])
    expect([tasks, objects]).toEqual([[], []])
    kill(loops)
  } finally {
    console.warn = warn
  }
})

test('F13 an actor that waits says why', async () => {
  await start()
  const holder = Counter.options({ numGpus: 2 }).remote()
  await ready(holder)
  const [first, second] = [1, 2].map(() => Counter.options({ numGpus: 1 }).remote())
  const views = await listActors({ state: 'PENDING_CREATION' })
  expect(views).toHaveLength(2)
  for (const { pendingReason } of views) {
    expect(pendingReason).toMatch(/it asks for \{"CPU":1,"GPU":1\}/)
    expect(pendingReason).toMatch(/has free \{[^}]*"GPU":0/)
    expect(pendingReason).toMatch(/held by Counter \(\S+:a\d+\): \{"GPU":2\}/)
  }
  expect((await listActors({ state: 'ALIVE' }))[0]!.pendingReason).toBeUndefined()
  const hopeless = Counter.options({ numGpus: 9, waitForResources: true }).remote()
  const [, , , unplaced] = await listActors()
  expect(unplaced!.pendingReason).toMatch(/"GPU":9.*no node that is there could ever give that/)
  const door = gate()
  const late = Counter.remote(valueAfter.remote(proxy(door.pass), 5))
  await door.reached
  const [unready] = await listActors({ state: 'DEPENDENCIES_UNREADY' })
  expect(unready!.pendingReason).toMatch(/an argument of its constructor has no value yet/)
  door.open()
  expect(await late.get()).toBe(5)
  kill(holder)
  await Promise.all([first!.inc(), second!.inc()])
  for (const { state, pendingReason } of await listActors())
    expect(pendingReason === undefined).toBe(state !== 'PENDING_CREATION')
  kill(hopeless)
})

test('F13 a task that waits says why, also one of a worker', async () => {
  await start()
  const holder = Counter.options({ resources: { special: 1 } }).remote()
  await ready(holder)
  const asked = add.options({ resources: { special: 1 } }).remote(1, 2)
  const later = add.remote(asked, 1)
  await until(async () => (await listTasks({ state: 'QUEUED' })).length === 1, 'it waits')
  const [queued] = await listTasks({ state: 'QUEUED' })
  expect(queued!.pendingReason).toMatch(/it asks for \{"CPU":1,"special":1\}.*"special":0.*held by Counter/)
  const [unready] = await listTasks({ state: 'PENDING_ARGUMENTS' })
  expect(unready!.pendingReason).toMatch(/one of its arguments has no value yet/)
  expect(Object.keys(queued!).sort()).toEqual(Object.keys(unready!).sort())
  expect(queued).not.toHaveProperty('request')
  kill(holder)
  expect(await get(later)).toBe(4)
  const door = gate()
  const running = valueAfter.remote(proxy(door.pass), 1)
  await door.reached
  expect(await listTasks()).toMatchObject([{ state: 'RUNNING', pendingReason: undefined }])
  door.open()
  await get(running)
})

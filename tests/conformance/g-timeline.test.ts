import { get, kill, ready, type TraceEvent, terminate, timeline } from 'troupe'
import { expect, test } from 'vitest'
import { Counter } from './actors/counter.ts'
import { Observer, Timed, timedTask } from './actors/observer.ts'
import { expectRejects, sleep, start, until, workerTest } from './kit.ts'
import { checkTrace, rowOf, zeroOf } from './trace-rules.ts'

const instants = (events: readonly TraceEvent[], what: string): string[] =>
  events.flatMap((event) => (event.ph === 'i' && event.name === what ? [event.args.workerId] : []))

test('G11 the timeline has every call and task, where and when it ran', async () => {
  await start()
  const timed = Timed.remote()
  const ran = await timed.pause(30)
  await timed.compute(20)
  await expectRejects(timed.fail(), RangeError)
  for await (const _ of timed.items(3));
  await get([timedTask.remote(10), timedTask.options({ name: 'other' }).remote(5)])
  const taskId = await timed.taskId()
  const events = await timeline()
  const spans = checkTrace(events)
  const byName = (name: string) => spans.filter((span) => span.name === name)
  expect(spans.map(({ name }) => name).sort()).toEqual([
    'Timed.compute',
    'Timed.constructor',
    'Timed.fail',
    'Timed.items',
    'Timed.pause',
    'Timed.taskId',
    'other',
    'timedTask',
  ])
  const [pause] = byName('Timed.pause')
  expect(pause).toMatchObject({ cat: 'actor', args: { actorId: expect.stringMatching(/:a\d+$/), ok: true } })
  // One clock for all realms, as good as the platforms' clocks agree.
  const began = zeroOf(events) + pause!.ts / 1000
  expect(Math.abs(began - ran.from)).toBeLessThan(50)
  expect(pause!.dur / 1000).toBeGreaterThan(ran.to - ran.from - 2)
  expect(byName('Timed.compute')[0]!.dur).toBeGreaterThanOrEqual(19_900)
  expect(byName('Timed.items')[0]!.dur).toBeGreaterThanOrEqual(5_000)
  expect(byName('Timed.taskId')[0]!.args.taskId).toBe(taskId)
  expect(byName('Timed.fail')[0]!.args.ok).toBe(false)
  expect(byName('timedTask')[0]).toMatchObject({
    cat: 'task',
    args: { taskId: expect.stringMatching(/:t\d+$/), ok: true },
  })
  expect(byName('timedTask')[0]!.args).not.toHaveProperty('actorId')
  expect(rowOf(events, pause!)).toMatch(/^Timed#\d+$/)
  expect(rowOf(events, byName('other')[0]!)).toMatch(/^tasks#\d+$/)
  expect(new Set(spans.map(({ args }) => args.taskId)).size).toBe(spans.length)
})

test('G11 calls that run at the same time have rows of their own', async () => {
  await start()
  const timed = Timed.options({ maxConcurrency: 3 }).remote()
  await Promise.all([timed.pause(30), timed.pause(20), timed.pause(10)])
  const events = await timeline()
  const pauses = checkTrace(events).filter(({ name }) => name === 'Timed.pause')
  expect(new Set(pauses.map(({ tid }) => tid)).size).toBe(3)
  expect(pauses.map((span) => rowOf(events, span))).toEqual([
    expect.stringMatching(/^Timed#\d+$/),
    expect.stringMatching(/^Timed#\d+ \(2\)$/),
    expect.stringMatching(/^Timed#\d+ \(3\)$/),
  ])
})

test('G11 workers can ask for it, and a time can be said from which on', async () => {
  await start()
  const timed = Timed.remote()
  await timed.pause(1)
  await timed.compute(10)
  // Its clock counts whole milliseconds, and realms agree about as well.
  await sleep(20)
  const since = Date.now()
  await timed.pause(5)
  const observer = Observer.remote()
  const names = checkTrace(await observer.timeline()).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['Timed.constructor', 'Timed.compute', 'Observer.constructor']))
  const late = checkTrace(await timeline({ since })).map(({ name }) => name)
  expect(late).toContain('Timed.pause')
  expect(late).not.toContain('Timed.compute')
  await expectRejects(timeline({ from: 5 } as never), RangeError, /timeline: unknown option "from"/)
  await expectRejects(timeline({ since: 'now' } as never), TypeError, /since must be a number/)
})

test('G11 it tells when workers started and ended; what a worker ran outlives its peaceful end', async () => {
  const { nodeId } = await start()
  const peaceful = Counter.remote()
  await peaceful.inc()
  await terminate(peaceful)
  const killed = Timed.remote()
  await ready(killed)
  kill(killed)
  await until(async () => instants(await timeline(), 'worker ended').length === 2, 'both have ended')
  const events = await timeline()
  const names = checkTrace(events).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['Counter.constructor', 'Counter.inc']))
  expect(names).not.toContain('Timed.constructor')
  expect(instants(events, 'worker ended').sort()).toEqual(instants(events, 'worker started').sort())
  for (const workerId of instants(events, 'worker ended')) expect(workerId.startsWith(`${nodeId}.w`)).toBe(true)
})

workerTest('G11 it says how a worker ended', async () => {
  await start()
  const counter = Counter.remote()
  await counter.inc()
  await counter.die().catch(() => {})
  await until(async () => instants(await timeline(), 'worker ended').length === 1, 'it has ended')
  const events = await timeline()
  checkTrace(events)
  expect(events).toContainEqual(
    expect.objectContaining({
      name: 'worker ended',
      args: expect.objectContaining({ reason: expect.stringMatching(/./) }),
    }),
  )
})

test('G11 each realm remembers as many calls as it is told to, or none', async () => {
  await start({ timeline: { events: 5 } })
  const counter = Counter.remote()
  for (let i = 0; i < 20; i++) await counter.inc()
  const spans = checkTrace(await timeline())
  expect(spans.map(({ args }) => args.taskId.split('/').at(-1))).toEqual(['16', '17', '18', '19', '20'])
})

test('G11 without a timeline there is nothing to see', async () => {
  await expectRejects(start({ timeline: { events: 0 } }), RangeError, /timeline.events must be at least 1/)
  await expectRejects(start({ timeline: true as never }), TypeError, /timeline must be false or \{ events: n \}/)
  await expectRejects(start({ timeline: { size: 1 } as never }), RangeError, /unknown option "size"/)
  await start({ timeline: false })
  const counter = Counter.remote()
  await counter.inc()
  await terminate(counter)
  expect((await timeline()).filter(({ ph }) => ph !== 'M')).toEqual([])
})

import { describe, expect, test } from 'vitest'
import { type TraceEvent, type TraceSpan, traceEvents } from '../../src/api/trace-events.ts'
import { CallTrace } from '../../src/runtime/call-trace.ts'
import { type RealmTrace, Timeline } from '../../src/runtime/timeline.ts'

const of = (taskId: string) => ({ taskId })
const ofActor = (callNumber: number) => ({ taskId: '', actorId: 'a1', incarnation: 7, callNumber })

function trace(parts: Partial<RealmTrace>): RealmTrace {
  return {
    realmId: 'tab',
    nodeId: 'tab',
    label: 'driver',
    originMs: 1_795_457_000_000,
    beganMs: 100,
    calls: [],
    news: [],
    ...parts,
  }
}

const spans = (events: readonly TraceEvent[]): TraceSpan[] => events.filter((event) => event.ph === 'X')
const names = (events: readonly TraceEvent[], tid: number): (string | undefined)[] =>
  events.flatMap((event) =>
    event.ph === 'M' && event.name === 'thread_name' && event.tid === tid ? [event.args.name] : [],
  )

describe('what a realm remembers', () => {
  test('is the last calls, in the order in which they ended', () => {
    const calls = new CallTrace(3)
    for (let i = 0; i < 5; i++) calls.record(`call ${i}`, i, i + 0.5, ofActor(i), i % 2 === 0)
    expect(calls.count).toBe(3)
    expect(calls.since(0)).toEqual([
      ['call 2', 2, 2.5, 'a1/7/2', 'a1', true],
      ['call 3', 3, 3.5, 'a1/7/3', 'a1', false],
      ['call 4', 4, 4.5, 'a1/7/4', 'a1', true],
    ])
  })

  test('is whole while its room grows, and when the limit is no power of two', () => {
    const calls = new CallTrace(1000)
    for (let i = 0; i < 999; i++) calls.record('call', i, i, of(`t${i}`), true)
    expect(calls.since(0).map(([, start]) => start)).toEqual(Array.from({ length: 999 }, (_, i) => i))
    for (let i = 999; i < 3456; i++) calls.record('call', i, i, of(`t${i}`), true)
    expect(calls.since(0).map(([, start]) => start)).toEqual(Array.from({ length: 1000 }, (_, i) => 2456 + i))
  })

  test('can be asked for from a time on: what ended then or later', () => {
    const calls = new CallTrace(10)
    calls.record('early', 0, 5, of('t1'), true)
    calls.record('late', 1, 6, of('t2'), true)
    expect(calls.since(6)).toEqual([['late', 1, 6, 't2', undefined, true]])
    expect(calls.since(7)).toEqual([])
  })
})

describe('what workers have left', () => {
  const place = { realmId: 'tab', nodeId: 'tab', isDriver: true }
  const left = (realmId: string, count: number): RealmTrace =>
    trace({
      realmId,
      calls: Array.from({ length: count }, (_, i) => [`call ${i}`, i, i, `t${i}`, 'a1', true] as const),
    })

  test('is bounded: the oldest calls go first', () => {
    const timeline = new Timeline(place, 10)
    timeline.keep('tab.w1', left('tab.w1', 4))
    timeline.keep('tab.w2', left('tab.w2', 5))
    timeline.keep('tab.w3', left('tab.w3', 4))
    const kept = timeline.traces().slice(1)
    expect(kept.map(({ realmId, calls }) => [realmId, calls[0]?.[0], calls.length])).toEqual([
      ['tab.w1', 'call 3', 1],
      ['tab.w2', 'call 0', 5],
      ['tab.w3', 'call 0', 4],
    ])
    timeline.keep('tab.w4', left('tab.w4', 10))
    expect(timeline.traces().map(({ realmId }) => realmId)).toEqual(['tab', 'tab.w4'])
  })

  test('is taken from the worker itself only, and not at all when nothing is recorded', () => {
    const timeline = new Timeline(place, 10)
    timeline.keep('tab.w1', left('tab.w2', 4))
    expect(timeline.traces()).toHaveLength(1)
    const off = new Timeline(place, 0)
    off.keep('tab.w1', left('tab.w1', 4))
    off.happened({ type: 'workerReady', workerId: 'tab.w1' })
    expect(off.traces()).toMatchObject([{ realmId: 'tab', calls: [], news: [] }])
  })
})

describe('the trace', () => {
  test('counts microseconds from the beginning of the first realm, whatever the clocks of the others began with', () => {
    const driver = trace({})
    const worker = trace({
      realmId: 'tab.w1',
      label: 'Counter#1',
      originMs: driver.originMs + 1000,
      calls: [
        ['Counter.boom', 7, 7.25, 'a1/0/1', 'a1', false],
        ['Counter.inc', 5, 6.5, 'a1/0/0', 'a1', true],
      ],
    })
    const events = traceEvents([driver, worker])
    expect(spans(events)).toEqual([
      {
        name: 'Counter.inc',
        cat: 'actor',
        ph: 'X',
        ts: 905_000,
        dur: 1500,
        pid: 1,
        tid: 2,
        args: { actorId: 'a1', taskId: 'a1/0/0', ok: true },
      },
      expect.objectContaining({
        name: 'Counter.boom',
        ts: 907_000,
        dur: 250,
        args: expect.objectContaining({ ok: false }),
      }),
    ])
    expect(events.filter(({ ph }) => ph === 'M').map(({ name, args }) => [name, Object.values(args)[0]])).toEqual([
      ['process_name', 'tab'],
      ['process_labels', '0 is 2026-11-23T18:03:20.100Z'],
      ['thread_name', 'driver'],
      ['thread_sort_index', 1],
      ['thread_name', 'Counter#1'],
      ['thread_sort_index', 2],
    ])
    expect(JSON.parse(JSON.stringify(events))).toEqual(events)
  })

  test('gives calls that overlap rows of their own, so that none seems to be within another', () => {
    const calls: RealmTrace['calls'] = [
      ['A.outer', 0, 10, 't1', 'a1', true],
      ['A.inner', 2, 4, 't2', 'a1', true],
      ['A.crossing', 3, 12, 't3', 'a1', true],
      ['A.after', 10, 11, 't4', 'a1', true],
    ]
    const events = traceEvents([trace({ calls })])
    expect(spans(events).map(({ name, tid }) => [name, tid])).toEqual([
      ['A.outer', 1],
      ['A.inner', 2],
      ['A.crossing', 3],
      ['A.after', 1],
    ])
    expect(names(events, 3)).toEqual(['driver (3)'])
  })

  test('has no two calls that overlap in a row, however close they are', () => {
    const calls: RealmTrace['calls'][number][] = []
    let at = 0.1
    for (let i = 0; i < 5000; i++) {
      const end = at + 0.000_07 * (1 + (i % 13))
      calls.push(['A.quick', at, end, `t${i}`, 'a1', true])
      at = end
    }
    const found = spans(traceEvents([trace({ beganMs: 0.037, calls })]))
    expect(new Set(found.map(({ tid }) => tid)).size).toBe(1)
    for (let i = 1; i < found.length; i++) {
      const [before, one] = [found[i - 1]!, found[i]!]
      expect(one.dur).toBeGreaterThanOrEqual(0)
      // As a viewer reads it, in whole nanoseconds.
      expect(Math.trunc((before.ts + before.dur) * 1000)).toBeLessThanOrEqual(Math.trunc(one.ts * 1000))
    }
  })

  test('tells of workers where they were, also of one that left nothing', () => {
    const { originMs } = trace({})
    const driver = trace({
      news: [
        { atMs: 101, workerId: 'tab.w1', reason: undefined },
        { atMs: 102, workerId: 'tab.w2', reason: 'exited with code 3' },
      ],
    })
    const worker = trace({ realmId: 'tab.w1', label: 'Counter#1', originMs })
    const events = traceEvents([driver, worker])
    expect(events.filter(({ ph }) => ph === 'i')).toEqual([
      expect.objectContaining({ name: 'worker started', s: 't', ts: 1000, tid: 2, args: { workerId: 'tab.w1' } }),
      expect.objectContaining({
        name: 'worker ended',
        ts: 2000,
        tid: 3,
        args: { workerId: 'tab.w2', reason: 'exited with code 3' },
      }),
    ])
    expect([names(events, 2), names(events, 3)]).toEqual([['Counter#1'], ['tab.w2']])
  })
})

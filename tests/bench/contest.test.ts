import { expect, test } from 'vitest'
import type { Caller } from '../../bench/calls/caller.ts'
import { type Figures, hold } from '../../bench/calls/contest.ts'
import type { BenchHost } from '../../bench/calls/host.ts'
import { burstsOf, sequential, windowOf, windowOfOrders, windowOfWork } from '../../bench/calls/load.ts'
import type { Plan } from '../../bench/calls/plan.ts'
import { figuresOf, type Question, rowsOf, versus } from '../../bench/calls/rows.ts'
import { add, spin, total } from '../../bench/calls/work.ts'

let cpuMs = 0
const host: BenchHost = {
  goals: {},
  goalToComlink: { atLeast: 10 },
  goalToPools: { atLeast: 8 },
  pools: {},
  cpuMs: () => (cpuMs += 4),
  findHung: async () => new Set(),
  startBare: () => ({ ask: async (n) => n + 1, end() {} }),
  block() {},
}
const plan: Plan = {
  host,
  isQuick: true,
  only: [],
  onProgress() {},
  blockCount: 3,
  blockMs: 0,
  warmUpMs: 0,
  limitMs: 100,
}
const question: Question = {
  id: 'calls',
  work: 'calls',
  sense: 'speed',
  reference: 'raw',
  goal: { atLeast: 2 },
}

function caller(name: string, more: Partial<Caller> = {}): Caller {
  return {
    name,
    add: async (n) => add(n),
    total: async (order) => total(order),
    spin: async (rounds) => spin(rounds),
    close() {},
    ...more,
  }
}

/** Answers the first calls only. */
function mute(name: string, answeredCount: number, more: Partial<Caller> = {}): Caller {
  let count = 0
  return caller(name, {
    add: (n) => (count++ < answeredCount ? Promise.resolve(n + 1) : new Promise(() => {})),
    ...more,
  })
}

test('who never answers is closed and out; the others go on', async () => {
  let closedCount = 0
  const silent = mute('silent', 0, { close: () => closedCount++ })
  const outcome = await hold({ title: 'calls', load: sequential, unit: 2 }, [caller('raw'), silent], plan)
  expect(outcome.get('silent')).toBe('hung')
  expect(closedCount).toBe(1)
  expect(figuresOf(outcome, 'raw').ms).toHaveLength(3)
  expect(figuresOf(outcome, 'raw').cpuMs).toEqual([2, 2, 2])
  expect(() => figuresOf(outcome, 'silent')).toThrow('silent did not finish')
})

test('who stops to answer later is out from then on, and loses no one else a block', async () => {
  const outcome = await hold({ title: 'calls', load: sequential, unit: 2 }, [caller('raw'), mute('silent', 4)], plan)
  expect(outcome.get('silent')).toBe('hung')
  expect(figuresOf(outcome, 'raw').ms).toHaveLength(3)
})

test('a wrong answer ends the contest', async () => {
  const wrong = caller('wrong', { add: async (n) => n })
  const contest = { title: 'calls', load: sequential, unit: 2 }
  await expect(hold(contest, [caller('raw'), wrong], plan)).rejects.toThrow('wrong has answered 0 instead of 1')
})

test('every load makes the calls that it says, so many at once as it says, and checks all answers', async () => {
  const loads = [
    { load: sequential, most: 1 },
    { load: windowOf(5), most: 5 },
    { load: windowOfOrders(5), most: 5 },
    { load: windowOfWork(5, 10, spin(10)), most: 5 },
    { load: burstsOf(10), most: 10 },
  ]
  for (const { load, most } of loads) {
    let [made, open, mostOpen] = [0, 0, 0]
    const answer = async (result: number): Promise<number> => {
      made++
      mostOpen = Math.max(mostOpen, ++open)
      await new Promise((resolve) => setTimeout(resolve))
      open--
      return result
    }
    const counted = { add: (n: number) => answer(add(n)), spin: (n: number) => answer(spin(n)) }
    await load(caller('counted', { ...counted, total: (order) => answer(total(order)) }), 20)
    expect([made, mostOpen]).toEqual([20, most])
    const wrong = { add: async () => -1, total: async () => -1, spin: async () => -1 }
    await expect(load(caller('wrong', wrong), 20)).rejects.toThrow('wrong has answered -1')
  }
})

const figures = (ms: number) => ({ ms: [ms, ms, ms], cpuMs: [ms, ms, ms] })

test('the rows say how fast everyone is beside the reference, and what Troupe should reach', () => {
  const outcome = new Map<string, Figures | 'hung'>([
    ['raw', figures(4)],
    ['slow', figures(8)],
    ['troupe', figures(1)],
    ['silent', 'hung'],
  ])
  const rows = rowsOf(question, outcome)
  expect(rows.map(({ subject, ratio, goal }) => [subject, ratio, goal])).toEqual([
    ['troupe', 4, { atLeast: 2 }],
    ['raw', 1, undefined],
    ['slow', 0.5, undefined],
    ['silent', null, undefined],
  ])
  expect(rowsOf({ ...question, sense: 'time' }, outcome)[0]).toMatchObject({ ratio: 0.25, value: 1000 })
})

test('Troupe is compared with the fastest of the rivals that finish', () => {
  const outcome = new Map<string, Figures | 'hung'>([
    ['troupe', figures(1)],
    ['a', figures(9)],
    ['b', figures(6)],
    ['c', 'hung'],
  ])
  expect(versus(question, ['a', 'b', 'c'], outcome)).toMatchObject([{ subject: 'troupe to b', ratio: 6 }])
  expect(versus(question, ['c'], outcome)).toEqual([])
})

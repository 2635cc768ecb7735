import { init } from 'troupe'
import type { Measured } from '../../row.ts'
import { type Caller, closeAll } from '../caller.ts'
import { contendersOf, raw } from '../contenders.ts'
import { type Contest, hold, type Outcome } from '../contest.ts'
import { Echo } from '../echo-actor.ts'
import { pendingBytes } from '../heap.ts'
import { burstsOf, sequential, windowOf, windowOfOrders } from '../load.ts'
import { isWanted, type Plan, type RowGroup } from '../plan.ts'
import { type Question, rowsOf, versus } from '../rows.ts'

const speed = { sense: 'speed', reference: raw } as const
const time = { sense: 'time', reference: raw } as const

const questions = {
  seq: { ...time, id: 'seq', work: 'one call after the other, time' },
  inFlight: { ...speed, id: 'window-1000', work: '1 000 calls in flight, speed' },
  cpu: { ...time, id: 'cpu-window', work: '1 000 calls in flight, CPU time', figure: 'cpuMs' },
  burst: { ...speed, id: 'burst-32', work: 'bursts of 32 calls, speed' },
  flood: { ...speed, id: 'burst-100k', work: '100 000 calls at once, speed' },
  orders: { ...speed, id: 'object-args', work: '1 000 calls with a small object in flight, speed' },
} satisfies Record<string, Omit<Question, 'goal'>>

/** Calls on one actor from its creator, against messages and rivals. */
export const callGroup: RowGroup = {
  ids: Object.values(questions).map(({ id }) => id),
  async measure(plan) {
    // The port path: small calls must not go through shared memory.
    await using _runtime = await init({ numCpus: 2, sharedMemory: 'off' })
    using echo = Echo.remote()
    const callers = await Promise.all(Object.values(contendersOf(plan.host)).map((open) => open(echo)))
    try {
      return await measureCalls(callers, plan)
    } finally {
      await closeAll(callers)
    }
  },
}

async function measureCalls(callers: readonly Caller[], plan: Plan): Promise<Measured[]> {
  const rows: Measured[] = []
  const width = plan.isQuick ? 20 : 1000
  const { goals } = plan.host
  const { seq, inFlight, cpu, burst, flood, orders } = questions
  const contest = (question: { readonly id: string }, parts: Omit<Contest, 'title'>): Promise<Outcome> =>
    hold({ title: question.id, ...parts }, callers, plan)
  const add = (question: Omit<Question, 'goal'>, outcome: Outcome): void => {
    rows.push(...rowsOf({ ...question, goal: goals[question.id] }, outcome))
  }
  if (isWanted(plan, seq.id)) add(seq, await contest(seq, { load: sequential, unit: 20 }))
  if (isWanted(plan, inFlight.id) || isWanted(plan, cpu.id)) {
    const { goalToComlink, goalToPools, pools, cpuMs } = plan.host
    const outcome = await contest(inFlight, { load: windowOf(width), unit: 2 * width })
    add(inFlight, outcome)
    rows.push(...versus({ ...inFlight, goal: goalToComlink }, ['Comlink'], outcome))
    rows.push(...versus({ ...inFlight, goal: goalToPools }, Object.keys(pools), outcome))
    if (cpuMs !== undefined) add(cpu, outcome)
  }
  if (isWanted(plan, burst.id)) add(burst, await contest(burst, { load: burstsOf(32), unit: 32 }))
  if (isWanted(plan, orders.id)) add(orders, await contest(orders, { load: windowOfOrders(width), unit: 2 * width }))
  if (isWanted(plan, flood.id)) {
    const size = plan.isQuick ? 100 : 100_000
    add(flood, await floodAll(callers, size, plan))
    if (plan.host.usedHeap !== undefined) rows.push(await pendingBytes(flood.id, callers, size))
  }
  return rows
}

async function floodAll(callers: readonly Caller[], size: number, plan: Plan): Promise<Outcome> {
  // A rival may keep this thread so busy that no clock here would end it.
  const hung = await plan.host.findHung(plan.isQuick ? callers.slice(0, 1) : callers, size, plan)
  const fit = callers.filter(({ name }) => !hung.has(name))
  const contest = { title: questions.flood.id, load: burstsOf(size), unit: size }
  const outcome = await hold(contest, fit, { ...plan, blockCount: Math.min(plan.blockCount, 9) })
  return new Map([...outcome, ...[...hung].map((name) => [name, 'hung'] as const)])
}

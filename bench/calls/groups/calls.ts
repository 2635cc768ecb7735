import { init } from 'troupe'
import type { Measured } from '../../row.ts'
import type { Caller } from '../caller.ts'
import { closeAll, contenders, poolNames } from '../contenders.ts'
import { type Contest, hold, type Outcome } from '../contest.ts'
import { Echo } from '../echo-actor.ts'
import { pendingBytes } from '../heap.ts'
import { burstsOf, sequential, windowOf, windowOfOrders } from '../load.ts'
import { isWanted, type Plan, type RowGroup } from '../plan.ts'
import { findHung } from '../probe-run.ts'
import { type Question, rowsOf, versus } from '../rows.ts'

const raw = 'raw postMessage'
const speed = { sense: 'speed', reference: raw } as const

const questions = {
  seq: {
    id: 'seq',
    work: 'one call after the other, time',
    sense: 'time',
    reference: raw,
    goal: { atMost: 1.1 },
  },
  window: { ...speed, id: 'window-1000', work: '1 000 calls in flight, speed', goal: { atLeast: 3 } },
  cpu: {
    id: 'cpu-window',
    work: '1 000 calls in flight, CPU time',
    sense: 'time',
    reference: raw,
    goal: { atMost: 0.25 },
    figure: 'cpuMs',
  },
  burst: { ...speed, id: 'burst-32', work: 'bursts of 32 calls, speed', goal: { atLeast: 1 } },
  flood: { ...speed, id: 'burst-100k', work: '100 000 calls at once, speed', goal: { atLeast: 2 } },
  orders: {
    ...speed,
    id: 'object-args',
    work: '1 000 calls with a small object in flight, speed',
    goal: { atLeast: 0.8 },
  },
} satisfies Record<string, Question>

/** Calls on one actor from its creator, against messages and rivals. */
export const callGroup: RowGroup = {
  ids: Object.values(questions).map(({ id }) => id),
  async measure(plan) {
    // The port path: small calls must not go through shared memory.
    await using _runtime = await init({ numCpus: 2, sharedMemory: 'off' })
    using echo = Echo.remote()
    const callers = await Promise.all(Object.values(contenders).map((open) => open(echo)))
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
  const { seq, window: inFlight, cpu, burst, flood, orders } = questions
  const contest = (question: Question, parts: Omit<Contest, 'title'>): Promise<Outcome> =>
    hold({ title: question.id, ...parts }, callers, plan)
  if (isWanted(plan, seq.id)) rows.push(...rowsOf(seq, await contest(seq, { load: sequential, unit: 20 })))
  if (isWanted(plan, inFlight.id) || isWanted(plan, cpu.id)) {
    const outcome = await contest(inFlight, { load: windowOf(width), unit: 2 * width })
    rows.push(...rowsOf(inFlight, outcome))
    rows.push(...versus({ ...inFlight, goal: { atLeast: 10 } }, ['Comlink'], outcome))
    rows.push(...versus({ ...inFlight, goal: { atLeast: 8 } }, poolNames, outcome))
    rows.push(...rowsOf(cpu, outcome))
  }
  if (isWanted(plan, burst.id)) rows.push(...rowsOf(burst, await contest(burst, { load: burstsOf(32), unit: 32 })))
  if (isWanted(plan, orders.id)) {
    const outcome = await contest(orders, { load: windowOfOrders(width), unit: 2 * width })
    rows.push(...rowsOf(orders, outcome))
  }
  if (isWanted(plan, flood.id)) rows.push(...(await measureFlood(callers, plan)))
  return rows
}

async function measureFlood(callers: readonly Caller[], plan: Plan): Promise<Measured[]> {
  const size = plan.isQuick ? 100 : 100_000
  const { flood } = questions
  // A rival may keep this thread so busy that no clock here would end it.
  const hung = await findHung(plan.isQuick ? callers.slice(0, 1) : callers, size, plan)
  const fit = callers.filter(({ name }) => !hung.has(name))
  const blockCount = Math.min(plan.blockCount, 9)
  const outcome = new Map(
    await hold({ title: flood.id, load: burstsOf(size), unit: size }, fit, { ...plan, blockCount }),
  )
  for (const name of hung) outcome.set(name, 'hung')
  return [...rowsOf(flood, outcome), await pendingBytes(flood, callers, size)]
}

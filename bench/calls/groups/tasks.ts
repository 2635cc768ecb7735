import { init } from 'troupe'
import type { Measured } from '../../row.ts'
import { closeAll } from '../caller.ts'
import { hold } from '../contest.ts'
import { windowOf, windowOfWork } from '../load.ts'
import { isWanted, type RowGroup } from '../plan.ts'
import { type Question, rowsOf } from '../rows.ts'
import { openTasks } from '../subjects/troupe.ts'
import { spin } from '../work.ts'

const common = { sense: 'speed', reference: 'piscina' } as const
const empty: Omit<Question, 'goal'> = {
  ...common,
  id: 'tasks-empty',
  work: 'empty tasks on two workers, 1 000 in flight, speed',
}
const busy: Omit<Question, 'goal'> = {
  ...common,
  id: 'tasks-25us',
  work: 'tasks of 25 µs on two workers, 1 000 in flight, speed',
}

/** Tasks on two workers, against pools of two threads. */
export const taskGroup: RowGroup = {
  ids: [empty.id, busy.id],
  canRun: ({ pools }) => 'piscina' in pools,
  async measure(plan) {
    const { pools, goals } = plan.host
    await using _runtime = await init({ numCpus: 2, sharedMemory: 'off' })
    const callers = [openTasks(), ...(await Promise.all(Object.values(pools).map((open) => open(2))))]
    const rows: Measured[] = []
    const width = plan.isQuick ? 20 : 1000
    try {
      if (isWanted(plan, empty.id)) {
        const contest = { title: empty.id, load: windowOf(width), unit: 2 * width }
        rows.push(...rowsOf({ ...empty, goal: goals[empty.id] }, await hold(contest, callers, plan)))
      }
      if (isWanted(plan, busy.id)) {
        const rounds = roundsOf(25)
        const contest = { title: busy.id, load: windowOfWork(width, rounds, spin(rounds)), unit: 2 * width }
        rows.push(...rowsOf({ ...busy, goal: goals[busy.id] }, await hold(contest, callers, plan)))
      }
      return rows
    } finally {
      await closeAll(callers)
    }
  },
}

/** How many rounds of spin take so many microseconds here. */
function roundsOf(microseconds: number): number {
  const rounds = 2_000_000
  let ms = Number.POSITIVE_INFINITY
  for (let i = 0; i < 5; i++) {
    const startedAt = performance.now()
    spin(rounds)
    ms = Math.min(ms, performance.now() - startedAt)
  }
  return Math.round((rounds / ms) * (microseconds / 1000))
}

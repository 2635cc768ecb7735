import { interleave } from '../statistics.ts'
import { type Caller, closeAll } from './caller.ts'
import type { Load } from './load.ts'
import type { Plan } from './plan.ts'
import { HungError, timeOf, within } from './time-limit.ts'

/** What a subject took for a call, block by block, in milliseconds: by the clock, and of CPU on all threads where
 * the host knows it. */
export interface Figures {
  readonly ms: readonly number[]
  readonly cpuMs: readonly number[]
}

/** By name of the subject; `hung`: it did not finish. */
export type Outcome = ReadonlyMap<string, Figures | 'hung'>

export interface Contest {
  readonly title: string
  readonly load: Load
  /** Calls come in multiples of this. */
  readonly unit: number
}

/** Has all callers do the load by turns, in blocks of about equal time. Who hangs is closed and out. */
export async function hold(contest: Contest, callers: readonly Caller[], plan: Plan): Promise<Outcome> {
  const outcome = new Map<string, { ms: number[]; cpuMs: number[] } | 'hung'>()
  const contenders: Record<string, () => Promise<number>> = {}
  for (const caller of callers) {
    plan.onProgress(`${contest.title}: ${caller.name} warms up`)
    const { run, count } = await prepare(contest, caller, plan)
    outcome.set(caller.name, count === 0 ? 'hung' : { ms: [], cpuMs: [] })
    contenders[caller.name] = async () => {
      const figures = outcome.get(caller.name)!
      if (figures === 'hung') return Number.NaN
      const beforeMs = plan.host.cpuMs?.()
      const ms = await run(count)
      const cpuMs = plan.host.cpuMs?.()
      if (ms === undefined) {
        outcome.set(caller.name, 'hung')
        return Number.NaN
      }
      figures.ms.push(ms / count)
      if (beforeMs !== undefined) figures.cpuMs.push((cpuMs! - beforeMs) / count)
      return ms
    }
  }
  await interleave(contenders, plan.blockCount, (done) =>
    plan.onProgress(`${contest.title}: block ${done} of ${plan.blockCount}`),
  )
  return outcome
}

type Run = (count: number) => Promise<number | undefined>

// Runs until the code is compiled, and finds out how many calls make a block; 0: it hangs.
async function prepare({ load, unit }: Contest, caller: Caller, plan: Plan): Promise<{ run: Run; count: number }> {
  const run: Run = async (count) => {
    try {
      return await within(
        plan.limitMs,
        timeOf(() => load(caller, count)),
      )
    } catch (error) {
      if (!(error instanceof HungError)) throw error
      await closeAll([caller])
      return undefined
    }
  }
  const startedAt = performance.now()
  let count = unit
  for (;;) {
    const ms = await run(count)
    if (ms === undefined) return { run, count: 0 }
    const fitting = unit * Math.max(1, Math.round(((plan.blockMs / ms) * count) / unit))
    if (performance.now() - startedAt >= plan.warmUpMs) return { run, count: fitting }
    count = fitting
  }
}

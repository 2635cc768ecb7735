import { type HandleOf, init, listWorkers, terminate } from 'troupe'
import type { Measured } from '../../row.ts'
import { estimate, interleave, median, ratiosOf } from '../../statistics.ts'
import { Echo } from '../echo-actor.ts'
import type { BenchHost } from '../host.ts'
import { isWanted, type Plan, type RowGroup } from '../plan.ts'
import { within } from '../time-limit.ts'
import { check } from '../work.ts'

const cold = { id: 'start-cold', work: 'actors created and called once, cold, time' }
const warm = { id: 'start-warm', work: 'actors created and called once, prestarted, time' }

/** Actors with workers of their own, created and called once, against bare workers that answer one message. */
export const startGroup: RowGroup = {
  ids: [cold.id, warm.id],
  async measure(plan) {
    const count = plan.isQuick ? 2 : 10
    const rows: Measured[] = []
    if (isWanted(plan, cold.id)) rows.push(await measureStart(cold, { count, spareWorkers: 0 }, plan))
    if (isWanted(plan, warm.id)) rows.push(await measureStart(warm, { count, spareWorkers: count }, plan))
    return rows
  },
}

async function measureStart(
  { id, work }: typeof cold,
  { count, spareWorkers }: { count: number; spareWorkers: number },
  { host, blockCount, isQuick, onProgress }: Plan,
): Promise<Measured> {
  await using _runtime = await init({ numCpus: 2, sharedMemory: 'off', spareWorkers })
  const own = async (): Promise<number> => {
    await sparesReady(spareWorkers)
    return startActors(count)
  }
  const blocks = isQuick ? 1 : Math.min(blockCount, 15) + 1
  const ms = await interleave({ own, bare: () => startBare(host, count) }, blocks, (done) =>
    onProgress(`${id}: block ${done} of ${blocks}`),
  )
  // The first warms up.
  const steady = isQuick ? ms : { own: ms.own.slice(1), bare: ms.bare.slice(1) }
  return {
    id,
    subject: 'troupe',
    work: `${count} ${work}`,
    value: median(steady.own),
    unit: 'ms',
    comparedWith: `${count} bare workers`,
    goal: host.goals[id]!,
    ...estimate(ratiosOf(steady.own, steady.bare)),
  }
}

async function startActors(count: number): Promise<number> {
  const startedAt = performance.now()
  const actors: HandleOf<typeof Echo>[] = Array.from({ length: count }, () => Echo.remote())
  const results = await Promise.all(actors.map((echo, i) => echo.add(i)))
  const ms = performance.now() - startedAt
  results.forEach((result, i) => check(result, i + 1, 'an actor'))
  await Promise.all(actors.map((echo) => terminate(echo)))
  return ms
}

async function startBare(host: BenchHost, count: number): Promise<number> {
  const startedAt = performance.now()
  const workers = Array.from({ length: count }, () => host.startBare())
  const results = await Promise.all(workers.map((worker, i) => worker.ask(i)))
  const ms = performance.now() - startedAt
  results.forEach((result, i) => check(result, i + 1, 'a bare worker'))
  await Promise.all(workers.map((worker) => worker.end()))
  return ms
}

/** Waits until so many workers are started and idle, and nothing else starts. */
async function sparesReady(count: number): Promise<void> {
  if (count === 0) return
  const poll = async (): Promise<void> => {
    for (;;) {
      const workers = await listWorkers()
      const spares = workers.filter(({ actorIds, isLeased }) => actorIds.length === 0 && !isLeased)
      if (spares.filter(({ state }) => state === 'ready').length >= count) return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  await within(30_000, poll())
}

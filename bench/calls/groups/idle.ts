import { get, init } from 'troupe'
import type { Measured } from '../../row.ts'
import { estimate, median } from '../../statistics.ts'
import { Echo } from '../echo-actor.ts'
import type { RowGroup } from '../plan.ts'
import { addTask } from '../tasks.ts'
import { check } from '../work.ts'

const id = 'idle-cpu'

/** The CPU time of a runtime that has worked and now has nothing to do; the ratio is to one core. */
export const idleGroup: RowGroup = {
  ids: [id],
  canRun: ({ cpuMs }) => cpuMs !== undefined,
  async measure({ host, isQuick, onProgress }) {
    await using _runtime = await init({ numCpus: 2 })
    const echoes = [Echo.remote(), Echo.remote()]
    const calls = echoes.flatMap((echo) => Array.from({ length: 100 }, (_, i) => echo.add(i)))
    for (const [i, result] of (await Promise.all(calls)).entries()) check(result, (i % 100) + 1, 'an actor')
    check(await get(addTask.remote(1)), 2, 'a task')
    const [count, ms] = isQuick ? [1, 50] : [5, 2000]
    // What still has to be put away.
    await quiet(ms)
    const parts: number[] = []
    for (let i = 1; i <= count; i++) {
      const beforeMs = host.cpuMs!()
      const startedAt = performance.now()
      await quiet(ms)
      parts.push((host.cpuMs!() - beforeMs) / (performance.now() - startedAt))
      onProgress(`${id}: ${i} of ${count}`)
    }
    const row: Measured = {
      id,
      subject: 'troupe',
      work: 'a runtime that is quiet, CPU time',
      value: median(parts) * 100,
      unit: '%',
      comparedWith: 'a core',
      goal: host.goals[id]!,
      ...estimate(parts),
    }
    return [row]
  },
}

const quiet = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

import { get, type HandleOf, init, type ObjectRef, wait } from 'troupe'
import type { Measured } from '../../row.ts'
import { estimate, interleave, median, ratiosOf } from '../../statistics.ts'
import { openRawBeside, raw } from '../contenders.ts'
import { Echo } from '../echo-actor.ts'
import { burstsOf } from '../load.ts'
import type { RowGroup } from '../plan.ts'
import { timeOf } from '../time-limit.ts'
import { check } from '../work.ts'

const id = 'wait-1k'

/** `wait` on the refs of many calls, again and again until all are done, against as many raw messages. */
export const waitGroup: RowGroup = {
  ids: [id],
  async measure({ host, isQuick, blockCount, onProgress }) {
    const count = isQuick ? 50 : 1000
    const warmUpCount = isQuick ? 0 : 20
    await using _runtime = await init({ numCpus: 2, sharedMemory: 'off' })
    using echo = Echo.remote()
    const messages = await openRawBeside(echo)
    const bare = (): Promise<number> => timeOf(() => burstsOf(count)(messages, count))
    const blocks = blockCount + warmUpCount
    const ms = await interleave({ own: () => waitForAll(echo, count), bare }, blocks, (done) =>
      onProgress(`${id}: block ${done} of ${blocks}`),
    )
    const [own, rawMs] = [ms.own.slice(warmUpCount), ms.bare.slice(warmUpCount)]
    messages.close()
    const row: Measured = {
      id,
      subject: 'troupe',
      work: `wait on ${count} refs until all are done, time`,
      value: median(own),
      unit: 'ms',
      comparedWith: raw,
      goal: host.goals[id]!,
      ...estimate(ratiosOf(own, rawMs)),
    }
    return [row]
  },
}

async function waitForAll(echo: HandleOf<typeof Echo>, count: number): Promise<number> {
  const done: ObjectRef<number>[] = []
  const startedAt = performance.now()
  const refs = Array.from({ length: count }, (_, i) => echo.add.remote(i))
  for (let rest: readonly ObjectRef<number>[] = refs; rest.length > 0; ) {
    const [ready, notReady] = await wait(rest)
    done.push(...ready)
    rest = notReady
  }
  const ms = performance.now() - startedAt
  if (new Set(done).size !== count) throw new Error(`bug: ${done.length} of ${count} refs were ready`)
  const results = await get(refs)
  results.forEach((result, i) => check(result, i + 1, 'troupe'))
  for (const ref of refs) ref[Symbol.dispose]()
  return ms
}

import { type HandleOf, init, transfer } from 'troupe'
import type { Measured } from '../../row.ts'
import { estimate, interleave, median, ratiosOf } from '../../statistics.ts'
import { Echo, type Series } from '../echo-actor.ts'
import type { BenchHost } from '../host.ts'
import type { RowGroup } from '../plan.ts'

type EchoHandle = HandleOf<typeof Echo>

const id = 'direct-blocked'
const headStartMs = 20

/** Calls of one actor on another while this thread is blocked, against not blocked, and against messages through it. */
export const directGroup: RowGroup = {
  ids: [id],
  async measure({ host, isQuick, blockCount, onProgress }) {
    await using _runtime = await init({ numCpus: 2, sharedMemory: 'off' })
    using from = Echo.remote()
    using to = Echo.remote()
    const count = isQuick ? 20 : 500
    const relay = await openRelay(from, to)
    let usualMs = 0
    const free = async (): Promise<number> => (usualMs = lengthOf(await from.callPeer(to, count, 0)))
    const blocked = (): Promise<number> =>
      whileBlocked(host, () => from.callPeer(to, count, headStartMs), usualMs * 3 + 100)
    const relayed = async (): Promise<number> => lengthOf(await relay(count))
    for (let i = 0; i < (isQuick ? 1 : 10); i++) for (const warmUp of [free, relayed]) await warmUp()
    const ms = await interleave({ free, blocked, relayed }, blockCount, (done) =>
      onProgress(`${id}: block ${done} of ${blockCount}`),
    )
    const common = { id, value: (median(ms.blocked) * 1000) / count, unit: 'µs a call' }
    const work = 'actor to actor, the main thread blocked, time'
    const rows: Measured[] = [
      {
        ...common,
        subject: 'troupe',
        work,
        comparedWith: 'not blocked',
        goal: { atMost: 1.2 },
        ...estimate(ratiosOf(ms.blocked, ms.free)),
      },
      {
        ...common,
        subject: 'troupe to raw via main',
        work: `${work}: troupe to raw messages via main`,
        comparedWith: 'raw via main',
        goal: { atMost: 0.7 },
        ...estimate(ratiosOf(ms.blocked, ms.relayed)),
      },
    ]
    return rows
  },
}

function lengthOf({ startedAt, endedAt }: Series): number {
  return endedAt - startedAt
}

/** Nothing runs in this thread while the calls do; it is tried anew with more time when that was not so. */
async function whileBlocked(host: BenchHost, start: () => Promise<Series>, blockMs: number): Promise<number> {
  for (let ms = blockMs; ms < 60_000; ms *= 2) {
    const series = start()
    // The call goes out with its batch.
    await new Promise((resolve) => setTimeout(resolve))
    const startedAt = performance.timeOrigin + performance.now()
    host.block(ms)
    const endedAt = performance.timeOrigin + performance.now()
    const times = await series
    if (times.startedAt >= startedAt && times.endedAt <= endedAt) return lengthOf(times)
  }
  throw new Error('the calls between actors do not end while the main thread is blocked')
}

/** Raw messages from one worker to the other that this thread passes on. */
async function openRelay(from: EchoHandle, to: EchoHandle): Promise<(count: number) => Promise<Series>> {
  const far = new MessageChannel()
  await to.serve('raw', transfer(far.port2, [far.port2]))
  return (count) => {
    const near = new MessageChannel()
    near.port1.onmessage = ({ data }) => far.port1.postMessage(data)
    far.port1.onmessage = ({ data }) => near.port1.postMessage(data)
    return from.callOver(transfer(near.port2, [near.port2]), count)
  }
}

import { type HandleOf, init, terminate } from 'troupe'
import type { Measured } from '../../row.ts'
import { estimate, interleave, median, ratiosOf } from '../../statistics.ts'
import type { Caller } from '../caller.ts'
import { openRawBeside, raw } from '../contenders.ts'
import { Echo } from '../echo-actor.ts'
import { usedHeap, withSpaces } from '../heap.ts'
import { Light } from '../light-actor.ts'
import { burstsOf } from '../load.ts'
import type { RowGroup } from '../plan.ts'
import { timeOf } from '../time-limit.ts'
import { check } from '../work.ts'

type LightHandle = HandleOf<typeof Light>

const id = 'light-10k'
const goalBytes = 2048

/** Light actors that are created and called once, against as many raw messages. */
export const lightGroup: RowGroup = {
  ids: [id],
  async measure({ host, isQuick, blockCount, onProgress }) {
    const count = isQuick ? 100 : 10_000
    const work = `${withSpaces(count)} light actors created and called once`
    await using _runtime = await init({ numCpus: 2, sharedMemory: 'off' })
    // An actor whose handle is collected ends, with its thread.
    using echo = Echo.remote()
    const messages = await openRawBeside(echo)
    const own = (): Promise<number> => withActors(count, createAndCall)
    const blocks = isQuick ? 1 : Math.min(blockCount, 15) + 2
    const ms = await interleave({ raw: () => rawMessages(messages, count), own }, blocks, (done) =>
      onProgress(`${id}: block ${done} of ${blocks}`),
    )
    // The first two warm up.
    const steady = isQuick ? ms : { raw: ms.raw.slice(2), own: ms.own.slice(2) }
    const rows: Measured[] = [
      {
        id,
        subject: 'troupe',
        work: `${work}, time`,
        value: median(steady.own),
        unit: 'ms',
        comparedWith: raw,
        goal: host.goals[id]!,
        ...estimate(ratiosOf(steady.own, steady.raw)),
      },
    ]
    if (host.usedHeap !== undefined) {
      const bytes: number[] = []
      for (let i = 0; i < (isQuick ? 1 : 5); i++) bytes.push(await withActors(count, bytesEach))
      rows.push({
        id,
        subject: 'troupe, heap',
        work: `${work}, heap each in all threads`,
        value: median(bytes),
        unit: 'B',
        comparedWith: `${goalBytes} B`,
        goal: { valueAtMost: goalBytes },
        ...estimate(bytes.map((one) => one / goalBytes)),
      })
    }
    messages.close()
    return rows
  },
}

const rawMessages = (messages: Caller, count: number): Promise<number> => timeOf(() => burstsOf(count)(messages, count))

async function createAndCall(create: () => LightHandle[]): Promise<number> {
  const startedAt = performance.now()
  const results = await Promise.all(create().map((light) => light.next()))
  const ms = performance.now() - startedAt
  results.forEach((result, i) => check(result, i + 1, 'a light actor'))
  return ms
}

async function bytesEach(create: () => LightHandle[]): Promise<number> {
  await using observers = new Observers()
  await observers.start()
  const before = (await observers.heap()) + usedHeap()
  const lights = create()
  await Promise.all(lights.map((light) => light.next()))
  return ((await observers.heap()) + usedHeap() - before) / lights.length
}

/** Creates the actors for a measurement, and ends them after it. */
async function withActors<T>(count: number, measure: (create: () => LightHandle[]) => Promise<T>): Promise<T> {
  let lights: LightHandle[] = []
  const result = await measure(() => {
    const { remote } = Light.options({ isolation: 'shared' })
    return (lights = Array.from({ length: count }, (_, i) => remote(i)))
  })
  await Promise.all(lights.map((light) => terminate(light)))
  return result
}

/** An actor in every worker that light actors share. */
class Observers {
  #byWorker = new Map<string, LightHandle>()
  #all: LightHandle[] = []

  async start(): Promise<void> {
    this.#all = Array.from({ length: 16 }, () => Light.options({ isolation: 'shared' }).remote(0))
    for (const one of this.#all) this.#byWorker.set((await one.heap()).worker, one)
  }

  /** Bytes in all these workers. */
  async heap(): Promise<number> {
    let sum = 0
    for (const one of this.#byWorker.values()) sum += (await one.heap()).bytes
    return sum
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((one) => terminate(one)))
  }
}

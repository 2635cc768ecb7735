import { get, kill } from 'troupe'
import { nodeThreadId } from '../site/where.ts'
import { Counter } from './counters.actor.ts'
import { expectedSums, spreadIncrements } from './spread.ts'

export interface CountersRun {
  readonly log: (line: string) => void
  readonly actors?: number | undefined
  readonly calls?: number | undefined
  readonly seed?: number | undefined
}

/**
 * Runs the counters: ten of them, one increment each, then five on the first. With any number given, deals that many
 * calls to that many counters by a seeded generator instead, and throws when a sum is not what arithmetic says.
 */
export async function runCounters({ log, actors, calls, seed }: CountersRun): Promise<void> {
  const isSpread = actors !== undefined || calls !== undefined || seed !== undefined
  const counters = Array.from({ length: actors ?? 10 }, () => Counter.remote())
  try {
    if (isSpread) await runSpread(counters, calls ?? 5, seed ?? 1, log)
    else await runSeedProgram(counters, log)
    await logThreads(counters, log)
  } finally {
    for (const counter of counters) kill(counter)
  }
}

type Counters = readonly ReturnType<typeof Counter.remote>[]

async function runSeedProgram(counters: Counters, log: CountersRun['log']): Promise<void> {
  log(list(await get(counters.map((counter) => counter.increment.remote()))))
  const first = counters[0]!
  log(list(await get(Array.from({ length: 5 }, () => first.increment.remote()))))
}

async function runSpread(counters: Counters, calls: number, seed: number, log: CountersRun['log']): Promise<void> {
  const increments = spreadIncrements(counters.length, calls, seed)
  await get(increments.map(({ counter, by }) => counters[counter]!.increment.remote(by)))
  const sums = await get(counters.map((counter) => counter.value.remote()))
  const expected = expectedSums(counters.length, increments)
  log(`${calls} calls on ${counters.length} counters, seed ${seed}`)
  log(list(sums))
  const wrong = sums.findIndex((sum, index) => sum !== expected[index])
  if (wrong >= 0)
    throw new Error(`Counter ${wrong} holds ${sums[wrong]}, but its increments sum to ${expected[wrong]}.`)
  log(`sum ${total(sums)}, agrees with the closed form`)
}

async function logThreads(counters: Counters, log: CountersRun['log']): Promise<void> {
  const places = await get(counters.map((counter) => counter.where.remote()))
  const threads = [...new Set(places.map((place) => place.threadId ?? place.workerId))].sort(numerically)
  log(`worker threads: ${threads.join(', ')} (${threads.length} distinct, driver is ${nodeThreadId()})`)
}

const list = (values: readonly number[]) => `[${values.join(', ')}]`
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
const numerically = (a: number | string, b: number | string) => Number(a) - Number(b)

// Calls with the timeline on against calls with it off, by turns: node --import tsx --conditions=troupe-source bench/timeline.ts
import { init, shutdown, terminate } from 'troupe'
import { compare, outcomeText } from './ratio.ts'
import { Tally } from './timeline-actor.ts'

const burst = 1000
const burstCount = 60
const warmUpCount = 20
const rounds = 12

/** Milliseconds for bursts of calls on an actor of a fresh runtime. */
async function run(timeline: false | { readonly events: number }): Promise<number> {
  await init({ numCpus: 1, timeline })
  const tally = Tally.remote()
  const burstOfCalls = async (): Promise<void> => {
    await Promise.all(Array.from({ length: burst }, () => tally.add(1)))
  }
  for (let i = 0; i < warmUpCount; i++) await burstOfCalls()
  const startedAt = performance.now()
  for (let i = 0; i < burstCount; i++) await burstOfCalls()
  const ms = performance.now() - startedAt
  await terminate(tally)
  await shutdown()
  return ms
}

const on = (): Promise<number> => run({ events: 10_000 })
const off = (): Promise<number> => run(false)
console.log(
  outcomeText(await compare({ title: `${burst} calls at once, timeline on`, goal: 0.9, own: on, bare: off }, rounds)),
)
// The measure of the measure: both sides the same.
console.log(
  outcomeText(
    await compare({ title: `${burst} calls at once, off against off`, goal: 0.9, own: off, bare: off }, rounds),
  ),
)

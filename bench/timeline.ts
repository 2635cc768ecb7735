// Calls with the timeline on against calls with it off, by turns: node --import tsx --conditions=troupe-source bench/timeline.ts
import { init, shutdown, terminate } from 'troupe'
import { compare, outcomeText } from './ratio.ts'
import { Tally } from './timeline-actor.ts'

const burst = 1000
const burstCount = 200
const warmUpCount = 60
const rounds = 10

/** CPU milliseconds of all threads for a burst of calls on an actor of a fresh runtime: one of the quick ones. */
async function run(timeline: false | { readonly events: number }): Promise<number> {
  await init({ numCpus: 1, timeline })
  const tally = Tally.remote()
  const burstOfCalls = async (): Promise<number> => {
    const before = process.cpuUsage()
    await Promise.all(Array.from({ length: burst }, () => tally.add(1)))
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }
  for (let i = 0; i < warmUpCount; i++) await burstOfCalls()
  const times: number[] = []
  for (let i = 0; i < burstCount; i++) times.push(await burstOfCalls())
  await terminate(tally)
  await shutdown()
  // The tenth part: collections of garbage and other load on the machine are in the others.
  return times.sort((a, b) => a - b)[Math.floor(burstCount / 10)]!
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

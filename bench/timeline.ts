import { init, shutdown, terminate } from 'troupe'
import { compare } from './ratio.ts'
import type { Measured } from './row.ts'
import { Tally } from './timeline-actor.ts'

const burst = 1000
const burstCount = 60
const warmUpCount = 20

/** What the timeline costs: CPU time of all threads for bursts of calls with it, against without it. */
export async function measureTimeline(onProgress: (text: string) => void): Promise<Measured[]> {
  const contest = {
    id: 'timeline-on',
    subject: 'timeline',
    work: `${burst} calls at once, with the timeline`,
    comparedWith: 'the same without it',
    goal: 0.9,
    own: () => run({ events: 10_000 }),
    bare: () => run(false),
  }
  return [await compare(contest, onProgress)]
}

/** CPU milliseconds of all threads for a burst of calls on an actor of a fresh runtime: one of the quick ones. */
async function run(timeline: false | { readonly events: number }): Promise<number> {
  await init({ numCpus: 1, timeline })
  const tally = Tally.remote()
  const burstOfCalls = async (): Promise<number> => {
    const before = process.cpuUsage()
    const counts = await Promise.all(Array.from({ length: burst }, () => tally.add(1)))
    const { user, system } = process.cpuUsage(before)
    if (new Set(counts).size !== burst) throw new Error('bug: calls were lost or ran twice')
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

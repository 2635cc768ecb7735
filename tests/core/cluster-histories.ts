import fc from 'fast-check'
import { happen, happenings, type Step } from './cluster-happenings.ts'
import { Simulation } from './cluster-simulation.ts'

const often = ['deliver', 'workerReady', 'reply', 'stopped', 'create', 'requestLease', 'passHandle', 'releaseHandle']
const names = [...Object.keys(happenings), ...often, ...often.slice(0, 4)] as Step['what'][]
/** One thing that happens, by chance. */
export const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...names),
  pick: fc.tuple(fc.nat({ max: 99 }), fc.nat({ max: 99 }), fc.nat({ max: 99 })),
})

/** Lets it all happen, one after the other. */
export function play(steps: readonly Step[]): Simulation {
  const run = new Simulation()
  for (const now of steps) happen(run, now)
  return run
}

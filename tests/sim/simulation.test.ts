import { expect, test } from 'vitest'
import { simulate } from '../../packages/testing/src/sim/simulation.ts'

test('schedules of a whole cluster, with faults of all kinds, end without a violation', () => {
  for (let seed = 0; seed < 150; seed++) expect(simulate(seed).violation, `seed ${seed}`).toBeUndefined()
}, 60_000)

// Seeds that once found something; what they found is fixed.
test.each([
  [94, 'a task may go on when its own node has its CPUs, which may be later than the coordinator thinks'],
  [222, 'a caller hears of the end of a worker before it hears of the next life of its actor'],
  [518, 'the next life of a light actor begins when its worker has let go of the last'],
  [2696, 'a lease of a worker that is refused by its node ends with that worker'],
  [6431, 'a refusal that is repeated does not touch what was placed there since'],
  [7620, 'an old report of a node does not undo a newer one'],
  [15_811, 'calls that are repeated come before later ones, whatever is heard first'],
])('seed %i: %s', (seed) => {
  expect(simulate(seed).violation).toBeUndefined()
})

test('the same seed is the same story, event by event', () => {
  const [first, second] = [simulate(4711, true), simulate(4711, true)]
  expect(first.story.length).toBeGreaterThan(50)
  expect(second).toEqual(first)
  expect(simulate(4712, true).story).not.toEqual(first.story)
})

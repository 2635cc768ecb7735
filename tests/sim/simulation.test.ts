import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { simulate } from '../../packages/testing/src/sim/simulation.ts'
import { mutants } from './faults.mjs'

test('schedules of a whole cluster, with faults of all kinds, end without a violation', () => {
  for (let seed = 0; seed < 150; seed++) expect(simulate(seed).violation, `seed ${seed}`).toBeUndefined()
}, 60_000)

test('the same seed is the same story, event by event', () => {
  const [first, second] = [simulate(4711, { tellsStory: true }), simulate(4711, { tellsStory: true })]
  expect(first.story.length).toBeGreaterThan(50)
  expect(second).toEqual(first)
  expect(simulate(4712, { tellsStory: true }).story).not.toEqual(first.story)
})

test('a coordinator that is replaced by its copy again and again decides as one that is not', () => {
  for (let seed = 0; seed < 20; seed++) {
    const [plain, replaced] = [undefined, 3].map((replacedEvery) =>
      simulate(seed, { tellsStory: true, ...(replacedEvery === undefined ? {} : { replacedEvery }) }),
    )
    expect(replaced, `seed ${seed}`).toEqual(plain)
  }
}, 60_000)

test('every fault has the one place where it is planted', () => {
  for (const { name, changes } of mutants) {
    for (const { file, find } of changes)
      expect(readFileSync(file, 'utf8').split(find).length - 1, `${name} in ${file}`).toBe(1)
  }
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { main, ObjectSimulation } from './object-simulation.ts'

type Pick = (length: number) => number

/** What can happen, each to a part of the run that is picked by chance. Where there is no such part, nothing happens. */
const happenings = {
  create(run: ObjectSimulation, pick: Pick) {
    const realm = oneOf(run.active(), pick)
    if (realm !== undefined) run.create(realm, undefined)
  },
  createAround(run: ObjectSimulation, pick: Pick) {
    const realm = oneOf(run.active(), pick)
    const inner = realm && oneOf(realm.inHand(), pick)
    if (realm !== undefined && inner !== undefined) run.create(realm, inner)
  },
  send(run: ObjectSimulation, pick: Pick) {
    const realm = oneOf(run.active(), pick)
    const id = realm && oneOf(realm.inHand(), pick)
    const to =
      realm &&
      oneOf(
        [...run.realms.keys()].filter((other) => other !== realm.id),
        pick,
      )
    if (realm !== undefined && id !== undefined && to !== undefined && !realm.ended.has(to)) run.send(realm, id, to)
  },
  drop(run: ObjectSimulation, pick: Pick) {
    const realm = oneOf(run.active(), pick)
    const id = realm && oneOf(realm.inHand(), pick)
    if (realm !== undefined && id !== undefined) realm.drop(id)
    run.check()
  },
  deliver(run: ObjectSimulation, pick: Pick) {
    const link = oneOf(run.busyLinks(), pick)
    if (link !== undefined) run.deliver(link)
  },
  crash(run: ObjectSimulation, pick: Pick) {
    const realm = oneOf(
      run.living().filter(({ id }) => id !== main),
      pick,
    )
    if (realm !== undefined) run.crash(realm)
  },
  notice(run: ObjectSimulation, pick: Pick) {
    const realm = oneOf(run.unnoticed(), pick)
    if (realm !== undefined) run.notice(realm)
  },
  leave(run: ObjectSimulation, pick: Pick) {
    const realm = oneOf(
      run.active().filter(({ id }) => id !== main),
      pick,
    )
    if (realm !== undefined) run.leave(realm)
  },
  start(run: ObjectSimulation) {
    if (run.living().length < 6) run.addRealm()
  },
}

function oneOf<T>(items: readonly T[], pick: Pick): T | undefined {
  return items[pick(items.length)]
}

type Name = keyof typeof happenings
const often: Name[] = ['send', 'send', 'drop', 'drop', 'create', 'createAround']
const names = [...(Object.keys(happenings) as Name[]), ...often, ...Array.from({ length: 8 }, (): Name => 'deliver')]
const step = fc.record({ what: fc.constantFrom(...names), chance: fc.nat() })

function play(steps: readonly { readonly what: Name; readonly chance: number }[]): ObjectSimulation {
  const run = new ObjectSimulation(3)
  for (const { what, chance } of steps) {
    let left = chance
    const pick = (length: number): number => {
      if (length === 0) return 0
      const at = left % length
      left = Math.floor(left / length)
      return at
    }
    happenings[what](run, pick)
  }
  return run
}

test('whoever sends, drops, crashes or leaves: what is held lives, and what nobody holds is counted nowhere', () => {
  const property = fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
    const run = play(steps)
    run.settle()
    for (const realm of run.living()) for (const id of realm.refs.keys()) run.mustBeReadable(id)
    for (const realm of run.living()) realm.dropAll()
    run.settle()
    for (const { id, table, kept } of run.living()) {
      expect({ id, ...table.counts, kept: [...kept.keys()] }).toEqual({
        id,
        lent: 0,
        borrowed: 0,
        waiting: 0,
        kept: [],
      })
    }
  })
  fc.assert(property, { numRuns: 1500, interruptAfterTimeLimit: 20_000 })
}, 40_000)

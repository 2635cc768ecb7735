import fc from 'fast-check'
import { expect, test } from 'vitest'
import { happen, happenings, type Step } from './cluster-happenings.ts'
import { asked } from './cluster-kit.ts'
import { Simulation } from './cluster-simulation.ts'

const often = ['deliver', 'workerReady', 'reply', 'stopped', 'create', 'requestLease', 'passHandle', 'releaseHandle']
const names = [...Object.keys(happenings), ...often, ...often.slice(0, 4)] as Step['what'][]
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...names),
  pick: fc.tuple(fc.nat({ max: 99 }), fc.nat({ max: 99 }), fc.nat({ max: 99 })),
})

function play(steps: readonly Step[]): Simulation {
  const run = new Simulation()
  for (const now of steps) happen(run, now)
  return run
}

test('whatever happens in whatever order, everything has one outcome and nothing is lost', () => {
  const property = fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
    const run = play(steps)
    run.settle()

    // At rest, what nobody holds is gone.
    for (const [actorId, { isDetached }] of run.specs) {
      if (isDetached || run.holdersOf(actorId).length > 0) continue
      expect(run.cluster.view(actorId).state, `nobody holds ${actorId}`).toBe('DEAD')
    }

    // The end: the driver goes, with all it made; detached actors are killed; the leases of its own go back.
    for (const [leaseId, { realm }] of run.leases) {
      if (run.realms.includes(realm)) run.post(realm, { type: 'leaseReturned', leaseId })
    }
    run.settle()
    run.tell({ type: 'ownerEnded', owner: 'driver' })
    for (const actorId of run.specs.keys()) run.tell({ type: 'actorKilled', actorId, mayRestart: false, death: asked })
    run.settle()
    const { state } = run.cluster
    for (const actorId of run.specs.keys()) expect(state.actor(actorId)?.state).toBe('DEAD')
    for (const [leaseId, lease] of run.leases) {
      if (run.realms.includes(lease.realm)) expect(['refused', 'ended', 'returned'], leaseId).toContain(lease.state)
    }
    expect(state.waitingCount).toBe(0)
    expect(state.available()).toEqual(state.total())
    for (const worker of state.workers())
      expect(worker).toMatchObject({ actorIds: [], isLeased: false, state: 'ready' })
  })
  fc.assert(property, { numRuns: 400, interruptAfterTimeLimit: 15_000 })
}, 30_000)

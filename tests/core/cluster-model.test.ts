import fc from 'fast-check'
import { expect, test } from 'vitest'
import { play, step } from './cluster-histories.ts'
import { asked } from './cluster-kit.ts'

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
    run.gpusChange('ok', 'ok')
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

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ClusterEvent } from '../../src/core/cluster-events.ts'
import { ClusterState } from '../../src/core/cluster-state.ts'
import { demandOf } from '../../src/core/demand.ts'
import { play, step } from './cluster-histories.ts'
import { Cluster, killed } from './cluster-kit.ts'

/** The same state in another process. */
function copyOf(state: ClusterState): ClusterState {
  return ClusterState.restore(structuredClone(state.snapshot()), state.term)
}

/** Tells it all to a coordinator that is replaced by its copy before one of the events, and to one that is not. */
function compare(events: readonly ClusterEvent[], replacedBefore: number): void {
  const original = new ClusterState()
  let copy = original
  events.forEach((event, at) => {
    if (at === replacedBefore) {
      copy = copyOf(original)
      copy.checkInvariants()
      expect(copy.snapshot()).toEqual(original.snapshot())
    }
    const commands = original.handle(event)
    if (copy === original) return
    expect(copy.handle(event), `after ${JSON.stringify(event)}`).toEqual(commands)
    copy.checkInvariants()
  })
  expect(copy.snapshot()).toEqual(original.snapshot())
}

describe('a snapshot of the coordinator', () => {
  test('whatever happened, and whatever happens later: a copy decides as the original does', () => {
    const property = fc.property(
      fc.array(step, { maxLength: 80, size: 'max' }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (steps, at) => {
        const run = play(steps)
        run.settle()
        const { events } = run.cluster
        compare(events, Math.floor(at * events.length))
      },
    )
    fc.assert(property, { numRuns: 120, interruptAfterTimeLimit: 15_000 })
  }, 30_000)

  test('what waits keeps its place, its group and its patience', () => {
    const { state, ...cluster } = crowded()
    const events: ClusterEvent[] = [
      ...cluster.events,
      { type: 'timePassed', nowMs: 6000 },
      { type: 'nodeLost', nodeId: 'far', epoch: 3 },
      { type: 'leaseReturned', leaseId: 'busy' },
      { type: 'timePassed', nowMs: 40_000, mayEndIdle: true },
      { type: 'actorKilled', actorId: 'inside', mayRestart: false, death: killed },
      { type: 'groupRemoved', groupId: 'g' },
      { type: 'ownerEnded', owner: 'driver' },
    ]
    expect(state.waitingCount).toBeGreaterThan(2)
    for (let at = 0; at < events.length; at++) compare(events, at)
  })

  test('it is plain data: it can be cloned, and what happens later does not change it', () => {
    const { state } = crowded()
    const snapshot = state.snapshot()
    const before = structuredClone(snapshot)
    state.handle({ type: 'groupRemoved', groupId: 'g' })
    state.handle({ type: 'ownerEnded', owner: 'driver' })
    state.handle({ type: 'nodeLost', nodeId: 'n' })
    expect(snapshot).toEqual(before)
  })

  test('in a later term workers and lives have numbers that were never given', () => {
    const cluster = new Cluster({ cpus: 2 })
    const workerId = cluster.alive('a', { maxRestarts: -1 })
    const later = ClusterState.restore(cluster.state.snapshot(), 2)
    const commands = later.handle({ type: 'workerExited', workerId, exit: { reason: 'exited' } })
    const started = commands.find((command) => command.type === 'startWorker')
    expect(started?.workerId).toBe('n.w1000000001')
    expect(later.actor('a')?.incarnation).toBe(1_000_000)
    expect(later.snapshot().term).toBe(2)
    expect(() => ClusterState.restore(later.snapshot(), 1)).toThrow(/term 1 cannot go on from term 2/)
  })
})

/** Two nodes, a group with bundles in use, tasks that wait for their CPUs, and more that waits for a place. */
function crowded(): Cluster {
  const cluster = new Cluster({ cpus: 3, gpus: 2, custom: { special: 1 } }, 1)
  cluster.workerReady('n.w1')
  cluster.join('far', { cpus: 2, gpus: 1 }, 0, { epoch: 3, isRemote: true, labels: { zone: 'b' } })
  const foreign = [{ demand: demandOf({ cpu: 1, gpu: 0, custom: {} }), gpuIds: [] }]
  cluster.tell({ type: 'nodeReported', nodeId: 'far', epoch: 3, foreign, number: 1 })
  cluster.group('g', [{ cpu: 1, gpu: 1 }, { cpu: 1 }], { strategy: 'SPREAD' })
  cluster.alive('inside', { cpu: 1, gpu: 0.5, bundle: { groupId: 'g', index: 0 }, maxRestarts: 1 })
  cluster.lease('busy', { cpu: 1 })
  for (const { workerId } of cluster.state.workers()) cluster.workerReady(workerId)
  cluster.tell({ type: 'leaseBlocked', leaseId: 'busy' })
  cluster.group('waits', [{ cpu: 2 }, { cpu: 2 }])
  cluster.lease('other', { cpu: 1 })
  cluster.tell({ type: 'leaseUnblocked', leaseId: 'busy' })
  cluster.create('light', { isolation: 'shared', cpu: 2, name: 'one', isDetached: true })
  cluster.create('near', { strategy: { type: 'node', nodeId: 'far', isSoft: true }, gpu: 1 })
  cluster.create('labelled', { labels: { zone: ['b'] }, cpu: 2 })
  cluster.create('patient', { gpu: 9, waitForResources: true })
  cluster.grant('unheard', 'driver')
  cluster.grant('light', 'n.w1')
  return cluster
}

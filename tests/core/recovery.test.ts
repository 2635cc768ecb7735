import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClusterState } from '../../src/core/cluster-state.ts'
import { Recovery, silenceMs } from '../../src/core/recovery.ts'
import { play, step } from './cluster-histories.ts'
import { Cluster, crashed, killed } from './cluster-kit.ts'
import { Truth, takeOver } from './recovery-kit.ts'

describe('a coordinator that takes over', () => {
  test('grants nothing until every node it knows has reported, or was silent for too long', () => {
    const cluster = new Cluster({ cpus: 2 })
    cluster.join('m', { cpus: 2 })
    const recovery = new Recovery(cluster.state.snapshot(), { term: 2, nowMs: 1000 })
    const truth = new Truth(cluster.state)
    expect(recovery.endings(1000).size).toBe(0)
    recovery.reported(truth.nodes.get('n')!)
    expect([recovery.isOver, recovery.endings(1000).size]).toEqual([false, 0])
    expect(() => recovery.finish()).toThrow(/before all nodes have reported/)
    recovery.timePassed(1000 + silenceMs - 1)
    recovery.endings(1000)
    expect(recovery.isOver).toBe(false)
    recovery.timePassed(1000 + silenceMs)
    recovery.endings(1000 + silenceMs)
    expect(recovery.isOver).toBe(true)
    expect(recovery.knows('m', 0)).toBe(false)
    const { state } = recovery.finish()
    expect(state.nodes().map(({ nodeId }) => nodeId)).toEqual(['n'])
  })

  test('a node that the snapshot does not know, or another life of it, is no part of it', () => {
    const cluster = new Cluster(null)
    cluster.join('n', {}, 0, { epoch: 4 })
    const recovery = new Recovery(cluster.state.snapshot(), { term: 2, nowMs: 0 })
    const report = new Truth(cluster.state).nodes.get('n')!
    expect(recovery.reported({ ...report, epoch: 5 })).toBe(false)
    expect(recovery.reported({ ...report, nodeId: 'm' })).toBe(false)
    expect(recovery.reported(report)).toBe(true)
  })

  test('a node that joined after the snapshot is waited for until it has ended', () => {
    const cluster = new Cluster({ cpus: 2 })
    const snapshot = cluster.state.snapshot()
    cluster.join('m', {}, 0, { epoch: 2 })
    const recovery = new Recovery(snapshot, { term: 2, nowMs: 0, joining: new Map([['m', 2]]) })
    const { nodes } = new Truth(cluster.state)
    expect(recovery.asked.map(({ nodeId }) => nodeId)).toEqual(['n', 'm'])
    expect([...nodes.values()].map((report) => recovery.reported(report))).toEqual([true, false])
    recovery.nodeGone('m', 1)
    recovery.endings(0)
    expect(recovery.isOver).toBe(false)
    recovery.nodeGone('m', 2)
    recovery.endings(0)
    expect(recovery.isOver).toBe(true)
  })

  test('what the snapshot knows and the node has goes on as it is', () => {
    const cluster = new Cluster({ cpus: 4 })
    const workerId = cluster.alive('a', { gpu: 1, name: 'one', maxRestarts: 1 })
    const leased = cluster.leased('l', { cpu: 2 })
    const { state, commands, endings } = takeOver(cluster.state.snapshot(), new Truth(cluster.state))
    expect([endings, commands]).toEqual([[], []])
    expect(state.actor('a')).toMatchObject({ state: 'ALIVE', workerId, incarnation: 0 })
    expect(state.findName('default', 'one')).toBe('a')
    expect(state.workers().find((worker) => worker.workerId === leased)).toMatchObject({ isLeased: true })
    expect(state.available()).toEqual(cluster.state.available())
  })

  test('an actor that was made after the snapshot is taken over; an unknown lease is ended, and its holder told', () => {
    const cluster = new Cluster({ cpus: 4 })
    const snapshot = cluster.state.snapshot()
    const workerId = cluster.alive('a', { gpu: 1, name: 'one' })
    const leased = cluster.leased('l', { cpu: 2 })
    const { state, commands, endings } = takeOver(snapshot, new Truth(cluster.state))
    expect(endings).toEqual([{ workers: [leased], lives: [] }])
    expect(state.actor('a')).toMatchObject({ state: 'ALIVE', workerId, incarnation: 0 })
    expect(state.findName('default', 'one')).toBe('a')
    expect(commands).toContainEqual(expect.objectContaining({ type: 'endLease', leaseId: 'l', realm: 'driver' }))
    expect(state.available()).toMatchObject({ CPU: 4, GPU: 1 })
  })

  test('the later life wins, wherever it is; the earlier one is ended before anything is granted', () => {
    const cluster = new Cluster({ cpus: 4 })
    const first = cluster.alive('a', { maxRestarts: 3, cpu: 1 })
    const snapshot = cluster.state.snapshot()
    const before = new Truth(cluster.state)
    cluster.bringUp('a', cluster.exited(first, crashed))
    const truth = new Truth(cluster.state)
    // The node has both: it was told of the next life, and the first one is still there.
    const [worker] = before.nodes.get('n')!.workers
    const report = truth.nodes.get('n')!
    truth.nodes.set('n', { ...report, workers: [worker!, ...report.workers] })
    const { state, endings } = takeOver(snapshot, truth)
    expect(endings).toEqual([{ workers: [first], lives: [] }])
    expect(state.actor('a')).toMatchObject({ state: 'ALIVE', incarnation: 1, restartCount: 1 })
    expect(state.actor('a')!.workerId).not.toBe(first)
  })

  test('a life that has ended unheard is restarted or over; one that never began begins, and no restart is spent', () => {
    const cluster = new Cluster({ cpus: 4 })
    const workers = ['lasting', 'mortal'].map((id) => cluster.alive(id, { maxRestarts: id === 'lasting' ? 1 : 0 }))
    cluster.workerReady(cluster.state.workers().at(-1)!.workerId)
    cluster.create('asked', {})
    const snapshot = cluster.state.snapshot()
    const truth = new Truth(cluster.state)
    const report = truth.nodes.get('n')!
    const gone = report.workers.filter(({ workerId }) => workers.includes(workerId))
    const ended = gone.flatMap(({ lives }) =>
      lives.map(({ spec, incarnation }) => ({ spec, incarnation, death: undefined, wasOrdered: false })),
    )
    truth.nodes.set('n', { ...report, ended, workers: [] })
    const { state } = takeOver(snapshot, truth)
    expect(state.actor('lasting')).toMatchObject({ state: 'RESTARTING', incarnation: 1_000_000, restartCount: 1 })
    expect(state.actor('mortal')).toMatchObject({ state: 'DEAD', death: { reason: 'WORKER_DIED' } })
    expect(state.actor('asked')).toMatchObject({ state: 'RESTARTING', restartCount: 0 })
    expect(state.waitingCount).toBe(0)
  })

  test('one that the snapshot does not know and that has used its restarts stays dead', () => {
    const cluster = new Cluster({ cpus: 4 })
    const snapshot = cluster.state.snapshot()
    const first = cluster.alive('a', { maxRestarts: 1 })
    const truth = new Truth(cluster.state)
    const report = truth.nodes.get('n')!
    const worker = report.workers.find(({ workerId }) => workerId === first)!
    const dead = { spec: worker.lives[0]!.spec, death: undefined, wasOrdered: false }
    const lostAs = (incarnation: number): ClusterState => {
      truth.nodes.set('n', { ...report, ended: [{ ...dead, incarnation }], workers: [] })
      return takeOver(snapshot, truth).state
    }
    expect(lostAs(0).actor('a')).toMatchObject({ state: 'RESTARTING', restartCount: 1 })
    expect(lostAs(1).actor('a')).toMatchObject({ state: 'DEAD', death: { reason: 'WORKER_DIED' } })
  })

  test('a removed group gives back its bundles though what ran in them ended unheard', () => {
    const cluster = new Cluster({ cpus: 4 })
    cluster.group('g', [{ cpu: 2 }])
    const workerId = cluster.leased('l', { cpu: 1, bundle: { groupId: 'g' } })
    cluster.tell({ type: 'groupRemoved', groupId: 'g' })
    const snapshot = cluster.state.snapshot()
    expect(snapshot.bundles).toHaveLength(1)
    cluster.exited(workerId)
    const { state } = takeOver(snapshot, new Truth(cluster.state))
    expect(state.available()).toMatchObject({ CPU: 4 })
  })

  test('what was killed by the coordinator before is not restarted', () => {
    const cluster = new Cluster({ cpus: 4 })
    cluster.alive('a', { maxRestarts: 3 })
    const snapshot = cluster.state.snapshot()
    const truth = new Truth(cluster.state)
    truth.end('n', { workers: truth.nodes.get('n')!.workers.map(({ workerId }) => workerId), lives: [] })
    expect(takeOver(snapshot, truth).state.actor('a')).toMatchObject({ state: 'DEAD', death: { reason: 'KILLED' } })
  })

  test('one that waits for a worker that still starts is over when its node says so', () => {
    const cluster = new Cluster({ cpus: 4 }, 1)
    cluster.create('a', { isolation: 'shared' })
    const snapshot = cluster.state.snapshot()
    expect(takeOver(snapshot, new Truth(cluster.state)).state.actor('a')?.state).toBe('PENDING_CREATION')
    cluster.kill('a')
    expect(takeOver(snapshot, new Truth(cluster.state)).state.actor('a')?.state).toBe('DEAD')
  })

  test('a name has one owner: the one that was made later, which had it only because the other was over', () => {
    const cluster = new Cluster({ cpus: 4 })
    cluster.alive('old', { name: 'one', maxRestarts: 5 })
    const snapshot = cluster.state.snapshot()
    const before = new Truth(cluster.state)
    cluster.kill('old')
    cluster.alive('new', { name: 'one' })
    const truth = new Truth(cluster.state)
    const report = truth.nodes.get('n')!
    // The first is told to end, and has not.
    const workers = [...before.nodes.get('n')!.workers, ...report.workers.filter(({ lives }) => lives[0]?.isMade)]
    truth.nodes.set('n', { ...report, ended: [], workers })
    const { state } = takeOver(snapshot, truth)
    expect(state.findName('default', 'one')).toBe('new')
    expect([state.actor('old')?.state, state.actor('new')?.state]).toEqual(['DEAD', 'ALIVE'])
  })

  test('actors of a silent node are restarted elsewhere, those of others stay', () => {
    const cluster = new Cluster({ cpus: 4 })
    cluster.join('m', { cpus: 4 })
    cluster.alive('stays', { strategy: { type: 'node', nodeId: 'n', isSoft: false } })
    cluster.alive('moves', { maxRestarts: 1, strategy: { type: 'node', nodeId: 'm', isSoft: true } })
    const snapshot = cluster.state.snapshot()
    const { state, commands } = takeOver(snapshot, new Truth(cluster.state), { silent: ['m'] })
    expect(state.actor('stays')).toMatchObject({ state: 'ALIVE', incarnation: 0 })
    expect(state.actor('moves')).toMatchObject({ state: 'RESTARTING', nodeId: 'n' })
    expect(commands).toContainEqual({ type: 'startWorker', workerId: 'n.w1000000001', nodeId: 'n' })
  })

  test('holds are what the realms say; nothing ends for want of them before all had time to say so', () => {
    const cluster = new Cluster({ cpus: 4 })
    cluster.alive('kept')
    cluster.alive('let go')
    const snapshot = cluster.state.snapshot()
    cluster.release('let go', 'driver')
    const truth = new Truth(cluster.state)
    const { state } = takeOver(snapshot, truth)
    expect(state.actor('let go')?.state).toBe('ALIVE')
    const commands = state.handle({ type: 'holdersKnown' })
    expect(commands).toContainEqual(expect.objectContaining({ type: 'dismissActor', actorId: 'let go' }))
    expect(commands).not.toContainEqual(expect.objectContaining({ actorId: 'kept' }))
    state.handle({ type: 'handlesReleased', actorId: 'kept', realm: 'driver', count: 1 })
    state.handle({ type: 'actorKilled', actorId: 'let go', mayRestart: false, death: killed })
    state.checkInvariants()
  })

  test('whatever happened after the snapshot: what lives goes on in the same life, and the books are right', () => {
    const property = fc.property(
      fc.array(step, { maxLength: 70, size: 'max' }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (steps, at) => {
        const { events } = play(steps).cluster
        const state = new ClusterState()
        let snapshot = state.snapshot()
        events.forEach((event, number) => {
          state.handle(event)
          if (number <= Math.floor(at * (events.length - 1))) snapshot = state.snapshot()
        })
        const known = new Set(snapshot.nodes.map(({ nodeId }) => nodeId))
        const truth = new Truth(state)
        const next = takeOver(snapshot, truth).state
        for (const { actorId, state: fate, incarnation, nodeId, workerId } of state.actors()) {
          const view = next.actor(actorId)
          const isStopping = state.workers().some((one) => one.workerId === workerId && one.state === 'stopping')
          if (fate === 'DEAD') expect(view?.state ?? 'DEAD', `${actorId} is over`).toBe('DEAD')
          // What a worker has made ends with it, and that may have run tasks of an unknown lease.
          const { creator, isDetached } = state.actorSpec(actorId)!
          const isOwned = creator !== 'driver' && !isDetached
          if (fate === 'ALIVE' && known.has(nodeId!) && !isStopping && !isOwned)
            expect(view, `${actorId} lives`).toMatchObject({ state: 'ALIVE', incarnation, workerId })
        }
      },
    )
    fc.assert(property, { numRuns: 300, interruptAfterTimeLimit: 15_000 })
  }, 30_000)
})

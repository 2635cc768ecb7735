import { describe, expect, test } from 'vitest'
import { asked, Cluster, crashed, failed, killed } from './cluster-kit.ts'

describe('creation', () => {
  test('requested → a worker starts → it is ready → the actor is made → it is alive', () => {
    const cluster = new Cluster()
    expect(cluster.create('a', { gpu: 1 })).toEqual([{ type: 'startWorker', workerId: 'n.w1', nodeId: 'n' }])
    expect(cluster.fate('a')).toBe('PENDING_CREATION')
    expect(cluster.view('a').workerId).toBeUndefined()
    expect(cluster.workerReady('n.w1')).toEqual([
      { type: 'createActor', actorId: 'a', incarnation: 0, workerId: 'n.w1', gpuIds: [0] },
    ])
    expect(cluster.started('a')).toEqual([{ type: 'publishActor', actorId: 'a' }])
    expect(cluster.view('a')).toEqual({
      actorId: 'a',
      className: 'Counter',
      name: undefined,
      namespace: 'default',
      state: 'ALIVE',
      incarnation: 0,
      workerId: 'n.w1',
      nodeId: 'n',
      gpuIds: [0],
      restartCount: 0,
      death: undefined,
    })
  })

  test('with a spare worker it is made at once, and the spare is replaced', () => {
    const cluster = new Cluster({}, 1)
    cluster.workerReady('n.w1')
    expect(cluster.create('a')).toEqual([
      { type: 'createActor', actorId: 'a', incarnation: 0, workerId: 'n.w1', gpuIds: [] },
      { type: 'startWorker', workerId: 'n.w2', nodeId: 'n' },
    ])
  })

  test('with pending arguments it waits, holds nothing, and is placed when they are there', () => {
    const cluster = new Cluster()
    expect(cluster.create('a', { gpu: 1 }, false)).toEqual([])
    expect(cluster.fate('a')).toBe('DEPENDENCIES_UNREADY')
    expect(cluster.free('GPU')).toBe(2)
    expect(cluster.tell({ type: 'actorDependenciesReady', actorId: 'a' })).toEqual([
      { type: 'startWorker', workerId: 'n.w1', nodeId: 'n' },
    ])
    expect(cluster.fate('a')).toBe('PENDING_CREATION')
    expect(cluster.tell({ type: 'actorDependenciesReady', actorId: 'a' })).toEqual([])
  })

  test('a constructor that fails makes it dead, ends its worker and then frees what it had', () => {
    const cluster = new Cluster()
    cluster.create('a', { gpu: 1, maxRestarts: 5 })
    cluster.workerReady('n.w1')
    expect(cluster.tell({ type: 'actorFailed', actorId: 'a', incarnation: 0, death: failed })).toEqual([
      { type: 'publishActor', actorId: 'a' },
      { type: 'stopWorker', workerId: 'n.w1', isGraceful: false },
    ])
    expect(cluster.view('a').death).toEqual(failed)
    expect(cluster.free('GPU')).toBe(1)
    expect(cluster.exited('n.w1')).toEqual([])
    expect(cluster.free('GPU')).toBe(2)
  })

  test('an argument that could not be computed makes it dead; nothing was started', () => {
    const cluster = new Cluster()
    cluster.create('a', {}, false)
    const death = { reason: 'DEPENDENCY_FAILED', message: 'x' } as const
    expect(cluster.tell({ type: 'actorKilled', actorId: 'a', mayRestart: false, death })).toEqual([
      { type: 'publishActor', actorId: 'a' },
    ])
    expect(cluster.fate('a')).toBe('DEAD: DEPENDENCY_FAILED')
    expect(cluster.tell({ type: 'actorDependenciesReady', actorId: 'a' })).toEqual([])
  })

  test('a worker that cannot start takes its actor with it, restarts or not', () => {
    const cluster = new Cluster()
    cluster.create('a', { maxRestarts: 3 })
    expect(cluster.exited('n.w1', { reason: 'could not be started: 404', failedToStart: true })).toEqual([
      { type: 'publishActor', actorId: 'a' },
    ])
    expect(cluster.view('a').death).toEqual({
      reason: 'WORKER_DIED',
      message: 'its worker n.w1 could not be started: 404',
    })
  })

  test('a spare worker that cannot start is not started again without end', () => {
    const cluster = new Cluster({}, 1)
    let starts = 0
    for (let worker = 'n.w1'; worker !== '' && starts < 20; starts++) {
      const again = cluster.exited(worker, { reason: 'could not be started: 404', failedToStart: true })
      const [start] = again.filter((command) => command.type === 'startWorker')
      worker = start?.workerId ?? ''
    }
    expect(starts).toBeLessThan(20)
  })
})

describe('the end', () => {
  test('kill ends it now; what it had is free when its worker is gone', () => {
    const cluster = new Cluster()
    const worker = cluster.alive('a', { gpu: 1, cpu: 1, custom: {} })
    expect(cluster.kill('a')).toEqual([
      { type: 'publishActor', actorId: 'a' },
      { type: 'stopWorker', workerId: worker, isGraceful: false },
    ])
    expect(cluster.view('a')).toMatchObject({ state: 'DEAD', death: killed, workerId: undefined })
    expect([cluster.free('GPU'), cluster.free('CPU')]).toEqual([1, 3])
    expect(cluster.kill('a')).toEqual([])
    expect(cluster.exited(worker)).toEqual([])
    expect([cluster.free('GPU'), cluster.free('CPU')]).toEqual([2, 4])
    expect(cluster.exited(worker)).toEqual([])
  })

  test('kill while its worker starts: the actor is never made', () => {
    const cluster = new Cluster()
    cluster.create('a', { gpu: 1 })
    expect(cluster.kill('a')).toEqual([
      { type: 'publishActor', actorId: 'a' },
      { type: 'stopWorker', workerId: 'n.w1', isGraceful: false },
    ])
    expect(cluster.workerReady('n.w1')).toEqual([])
    cluster.exited('n.w1')
    expect(cluster.free('GPU')).toBe(2)
  })

  test('kill while its constructor runs: what the worker still says changes nothing', () => {
    const cluster = new Cluster()
    cluster.create('a')
    cluster.workerReady('n.w1')
    cluster.kill('a')
    expect(cluster.started('a')).toEqual([])
    expect(cluster.tell({ type: 'actorFailed', actorId: 'a', incarnation: 0, death: failed })).toEqual([])
    expect(cluster.fate('a')).toBe('DEAD: KILLED')
  })

  test('kill while it waits for resources: nothing to stop, and the queue moves on', () => {
    const cluster = new Cluster({ gpus: 1 })
    cluster.alive('a', { gpu: 0.5 })
    cluster.create('b', { gpu: 1 })
    cluster.create('c', { gpu: 0.5 })
    expect(cluster.kill('b')).toEqual([
      { type: 'publishActor', actorId: 'b' },
      { type: 'startWorker', workerId: 'n.w2', nodeId: 'n' },
    ])
    expect(cluster.state.waitingCount).toBe(0)
  })

  test('a dismissed actor runs what it has, then ends', () => {
    const cluster = new Cluster()
    const worker = cluster.alive('a', { maxRestarts: 3 })
    expect(cluster.dismiss('a')).toEqual([
      { type: 'dismissActor', actorId: 'a', incarnation: 0, workerId: worker, death: asked },
    ])
    expect(cluster.dismiss('a')).toEqual([])
    expect(cluster.fate('a')).toBe('ALIVE')
    expect(cluster.ended('a')).toEqual([
      { type: 'publishActor', actorId: 'a' },
      { type: 'stopWorker', workerId: worker, isGraceful: true },
    ])
    expect(cluster.view('a')).toMatchObject({ state: 'DEAD', death: asked })
  })

  test('an actor dismissed while it is made is made first', () => {
    const cluster = new Cluster()
    cluster.create('a')
    expect(cluster.dismiss('a')).toEqual([])
    cluster.workerReady('n.w1')
    expect(cluster.started('a')).toEqual([
      { type: 'publishActor', actorId: 'a' },
      { type: 'dismissActor', actorId: 'a', incarnation: 0, workerId: 'n.w1', death: asked },
    ])
  })

  test('an actor dismissed while it waits for arguments or resources ends there', () => {
    const cluster = new Cluster({ gpus: 1 })
    cluster.alive('gpu', { gpu: 1 })
    cluster.create('a', { gpu: 1 })
    cluster.create('b', {}, false)
    for (const id of ['a', 'b']) {
      expect(cluster.dismiss(id)).toEqual([{ type: 'publishActor', actorId: id }])
      expect(cluster.fate(id)).toBe('DEAD: INTENDED_USER_EXIT')
    }
    expect(cluster.state.waitingCount).toBe(0)
  })

  test('a dismissed actor whose worker dies is not restarted: it was to end', () => {
    const cluster = new Cluster()
    const worker = cluster.alive('a', { maxRestarts: -1 })
    cluster.dismiss('a')
    cluster.exited(worker, crashed)
    expect(cluster.fate('a')).toBe('DEAD: INTENDED_USER_EXIT')
  })

  test('kill overrides a graceful end', () => {
    const cluster = new Cluster()
    cluster.alive('a')
    cluster.dismiss('a')
    cluster.kill('a')
    expect(cluster.fate('a')).toBe('DEAD: KILLED')
    expect(cluster.ended('a')).toEqual([])
  })

  test('events about actors and workers that are not known change nothing', () => {
    const cluster = new Cluster()
    for (const commands of [
      cluster.kill('x'),
      cluster.dismiss('x'),
      cluster.started('x'),
      cluster.grant('x', 'driver'),
      cluster.release('x', 'driver'),
      cluster.workerReady('n.w9'),
      cluster.exited('n.w9'),
      cluster.tell({ type: 'leaseReturned', leaseId: 'x' }),
      cluster.tell({ type: 'leaseRevoked', leaseId: 'x' }),
      cluster.tell({ type: 'ownerEnded', owner: 'x' }),
    ])
      expect(commands).toEqual([])
  })
})

describe('restart', () => {
  test('the worker ends → a new incarnation on a new worker, until the restarts are used up', () => {
    const cluster = new Cluster()
    const first = cluster.alive('a', { gpu: 1, maxRestarts: 1 })
    expect(cluster.exited(first, crashed)).toEqual([
      { type: 'publishActor', actorId: 'a' },
      { type: 'startWorker', workerId: 'n.w2', nodeId: 'n' },
    ])
    expect(cluster.view('a')).toMatchObject({
      state: 'RESTARTING',
      incarnation: 1,
      restartCount: 1,
      workerId: undefined,
    })
    expect(cluster.workerReady('n.w2')).toEqual([
      { type: 'createActor', actorId: 'a', incarnation: 1, workerId: 'n.w2', gpuIds: [0] },
    ])
    cluster.started('a', 1)
    expect(cluster.fate('a')).toBe('ALIVE')
    cluster.exited('n.w2', crashed)
    expect(cluster.view('a').death).toEqual({
      reason: 'WORKER_DIED',
      message: 'its worker n.w2 exited with code 3; all 1 restarts are used up',
      exitCode: 3,
    })
  })

  test('what is said of an earlier incarnation changes nothing', () => {
    const cluster = new Cluster()
    cluster.exited(cluster.alive('a', { maxRestarts: 2 }), crashed)
    expect(cluster.started('a', 0)).toEqual([])
    expect(cluster.tell({ type: 'actorFailed', actorId: 'a', incarnation: 0, death: failed })).toEqual([])
    expect(cluster.ended('a', 0)).toEqual([])
    expect(cluster.fate('a')).toBe('RESTARTING')
    cluster.workerReady('n.w2')
    expect(cluster.started('a', 1)).toEqual([{ type: 'publishActor', actorId: 'a' }])
    expect(cluster.ended('a', 0)).toEqual([])
    expect(cluster.fate('a')).toBe('ALIVE')
  })

  test('a worker that dies while the constructor runs uses a restart', () => {
    const cluster = new Cluster()
    cluster.create('a', { maxRestarts: 1 })
    cluster.workerReady('n.w1')
    cluster.exited('n.w1', crashed)
    expect(cluster.view('a')).toMatchObject({ state: 'RESTARTING', incarnation: 1 })
    cluster.workerReady('n.w2')
    cluster.exited('n.w2', crashed)
    expect(cluster.fate('a')).toBe('DEAD: WORKER_DIED')
  })

  test('maxRestarts: -1 never ends', () => {
    const cluster = new Cluster()
    let worker = cluster.alive('a', { maxRestarts: -1 })
    for (let i = 0; i < 20; i++) worker = cluster.bringUp('a', cluster.exited(worker, crashed))
    expect(cluster.view('a')).toMatchObject({ state: 'ALIVE', incarnation: 20, restartCount: 20 })
  })

  test('kill with noRestart: false restarts while restarts are left', () => {
    const cluster = new Cluster()
    const worker = cluster.alive('a', { maxRestarts: 1 })
    expect(cluster.kill('a', true)).toEqual([
      { type: 'publishActor', actorId: 'a' },
      { type: 'stopWorker', workerId: worker, isGraceful: false },
    ])
    // Calls made from now on wait for the next life.
    expect(cluster.fate('a')).toBe('RESTARTING')
    expect(cluster.kill('a', true).filter(({ type }) => type !== 'publishActor')).toEqual([])
    const second = cluster.bringUp('a', cluster.exited(worker))
    expect(cluster.view('a')).toMatchObject({ state: 'ALIVE', incarnation: 1 })
    expect(cluster.kill('a', true)).toEqual([
      { type: 'publishActor', actorId: 'a' },
      { type: 'stopWorker', workerId: second, isGraceful: false },
    ])
    expect(cluster.fate('a')).toBe('DEAD: KILLED')
  })

  test('kill with noRestart: false while it is made: the life that ends is not announced', () => {
    const cluster = new Cluster()
    cluster.create('a', { maxRestarts: 1 })
    cluster.workerReady('n.w1')
    cluster.kill('a', true)
    // The constructor had finished when its worker was told to end.
    cluster.started('a')
    expect(cluster.fate('a')).not.toBe('ALIVE')
    cluster.bringUp('a', cluster.exited('n.w1'))
    expect(cluster.view('a')).toMatchObject({ state: 'ALIVE', incarnation: 1 })
  })

  test('a kill for good overtakes a kill that lets it restart', () => {
    const cluster = new Cluster()
    const worker = cluster.alive('a', { maxRestarts: 1 })
    cluster.kill('a', true)
    expect(cluster.kill('a')).toEqual([{ type: 'publishActor', actorId: 'a' }])
    expect(cluster.exited(worker)).toEqual([])
    expect(cluster.fate('a')).toBe('DEAD: KILLED')
  })

  test('an actor that was to end does not restart when it is killed with noRestart: false', () => {
    for (const isolation of ['worker', 'shared'] as const) {
      const cluster = new Cluster({ gpus: 1 })
      const worker = cluster.alive('a', { gpu: 1, maxRestarts: -1, isolation })
      cluster.create('b', { gpu: 1 })
      cluster.release('a', 'driver')
      cluster.kill('a', true)
      if (isolation === 'worker') cluster.exited(worker)
      expect(cluster.view('a').state, isolation).toBe('DEAD')
    }
  })

  test('a restart that waits for resources can be killed and dismissed', () => {
    for (const end of ['kill', 'dismiss'] as const) {
      const cluster = new Cluster({ gpus: 1 })
      const worker = cluster.alive('a', { gpu: 1, maxRestarts: 1 })
      cluster.create('b', { gpu: 1 })
      cluster.exited(worker, crashed)
      expect(cluster.fate('a')).toBe('RESTARTING')
      cluster[end]('a')
      expect(cluster.view('a').state).toBe('DEAD')
      expect(cluster.state.waitingCount).toBe(0)
    }
  })

  test('a dismissed actor that waits for resources is made for the calls of its other holders, then ended', () => {
    const cluster = new Cluster({ gpus: 1 })
    const worker = cluster.alive('first', { gpu: 1 })
    cluster.create('a', { gpu: 1, maxRestarts: 3 })
    cluster.grant('a', 'n.w9')
    expect(cluster.dismiss('a')).toEqual([])
    expect(cluster.dismiss('a')).toEqual([])
    cluster.kill('first')
    const next = cluster.exited(worker).find((command) => command.type === 'startWorker')!
    cluster.workerReady(next.workerId)
    expect(cluster.started('a').map(({ type }) => type)).toEqual(['publishActor', 'dismissActor'])
    cluster.ended('a')
    expect(cluster.fate('a')).toBe('DEAD: INTENDED_USER_EXIT')
  })

  test('a dismissed actor that waits for resources ends when its other holders let go of it', () => {
    const cluster = new Cluster({ gpus: 1 })
    cluster.alive('first', { gpu: 1 })
    cluster.create('a', { gpu: 1 })
    cluster.grant('a', 'n.w1')
    cluster.dismiss('a')
    expect(cluster.fate('a')).toBe('PENDING_CREATION')
    cluster.release('a', 'n.w1')
    expect(cluster.fate('a')).toBe('PENDING_CREATION')
    cluster.release('a', 'driver')
    expect(cluster.fate('a')).toBe('DEAD: INTENDED_USER_EXIT')
    expect(cluster.state.waitingCount).toBe(0)
  })

  test('a restart that waits keeps its restarts when it is killed with noRestart: false', () => {
    const cluster = new Cluster({ gpus: 1 })
    const worker = cluster.alive('a', { gpu: 1, maxRestarts: 5 })
    cluster.create('b', { gpu: 1 })
    cluster.exited(worker, crashed)
    cluster.kill('a', true)
    expect(cluster.fate('a')).toBe('RESTARTING')
  })
})

describe('names', () => {
  test('a name is found in its namespace while the actor lives, and free again afterwards', () => {
    const cluster = new Cluster()
    const worker = cluster.alive('a', { name: 'x', namespace: 'one' })
    expect(cluster.state.findName('one', 'x')).toBe('a')
    expect(cluster.state.findName('two', 'x')).toBeUndefined()
    cluster.alive('b', { name: 'x', namespace: 'two' })
    cluster.kill('a')
    expect(cluster.state.findName('one', 'x')).toBeUndefined()
    expect(cluster.state.findName('two', 'x')).toBe('b')
    cluster.alive('c', { name: 'x', namespace: 'one' })
    cluster.exited(worker)
    expect(cluster.state.findName('one', 'x')).toBe('c')
  })

  test('a pending and a restarting actor keep their names', () => {
    const cluster = new Cluster()
    cluster.create('a', { name: 'x', maxRestarts: 1 }, false)
    expect(cluster.state.findName('default', 'x')).toBe('a')
    const commands = cluster.tell({ type: 'actorDependenciesReady', actorId: 'a' })
    cluster.exited(cluster.bringUp('a', commands), crashed)
    expect(cluster.state.findName('default', 'x')).toBe('a')
  })

  test('names and namespaces cannot be mixed up', () => {
    const cluster = new Cluster()
    cluster.create('a', { name: '","', namespace: 'x' })
    cluster.create('b', { name: '', namespace: 'x","' })
    expect(cluster.state.findName('x', '","')).toBe('a')
    expect(cluster.state.findName('x","', '')).toBe('b')
  })
})

import { describe, expect, test } from 'vitest'
import { Cluster, crashed } from './cluster-kit.ts'

describe('leases', () => {
  test('a lease is granted when its worker runs', () => {
    const cluster = new Cluster()
    expect(cluster.lease('l', { cpu: 1, gpu: 1 })).toEqual([{ type: 'startWorker', workerId: 'n.w1', nodeId: 'n' }])
    expect(cluster.workerReady('n.w1')).toEqual([
      { type: 'grantLease', leaseId: 'l', realm: 'driver', workerId: 'n.w1', gpuIds: [0] },
    ])
    expect(cluster.state.available()).toEqual({ CPU: 3, GPU: 1 })
    expect(cluster.state.workers()).toEqual([
      { workerId: 'n.w1', nodeId: 'n', state: 'ready', actorIds: [], isLeased: true },
    ])
  })

  test('a returned one frees what it had, and its worker is used again at once', () => {
    const cluster = new Cluster()
    const worker = cluster.leased('l')
    expect(cluster.tell({ type: 'leaseReturned', leaseId: 'l' })).toEqual([])
    expect(cluster.free('CPU')).toBe(4)
    expect(cluster.lease('m', { cpu: 2 }, worker)).toEqual([
      { type: 'grantLease', leaseId: 'm', realm: worker, workerId: worker, gpuIds: [] },
    ])
    expect(cluster.tell({ type: 'leaseReturned', leaseId: 'l' })).toEqual([])
    expect(cluster.free('CPU')).toBe(2)
  })

  test('one that is returned before it was granted is never granted', () => {
    const cluster = new Cluster({ cpus: 1 })
    const worker = cluster.leased('running')
    cluster.lease('waits')
    cluster.lease('starts', { cpu: 0 })
    cluster.tell({ type: 'leaseReturned', leaseId: 'waits' })
    cluster.tell({ type: 'leaseReturned', leaseId: 'starts' })
    expect(cluster.state.waitingCount).toBe(0)
    expect(cluster.tell({ type: 'leaseReturned', leaseId: 'running' })).toEqual([])
    expect(cluster.workerReady('n.w2')).toEqual([])
    expect([worker, 'n.w2']).toContain(cluster.leased('next', { cpu: 0 }))
  })

  test('a revoked one ends its worker; what it had is free when that is gone', () => {
    const cluster = new Cluster()
    const worker = cluster.leased('l', { gpu: 1 })
    expect(cluster.tell({ type: 'leaseRevoked', leaseId: 'l' })).toEqual([
      { type: 'stopWorker', workerId: worker, isGraceful: false },
    ])
    expect(cluster.tell({ type: 'leaseRevoked', leaseId: 'l' })).toEqual([])
    expect(cluster.free('GPU')).toBe(1)
    expect(cluster.exited(worker)).toEqual([
      { type: 'endLease', leaseId: 'l', realm: 'driver', exit: { reason: 'was ended' } },
    ])
    expect(cluster.free('GPU')).toBe(2)
  })

  test('one that is returned while its worker is being ended frees what it had once', () => {
    const cluster = new Cluster({ gpus: 1 })
    const worker = cluster.leased('l', { gpu: 1 })
    cluster.tell({ type: 'leaseRevoked', leaseId: 'l' })
    cluster.tell({ type: 'leaseReturned', leaseId: 'l' })
    expect(cluster.lease('m', { gpu: 1 })).not.toMatchObject([{ type: 'grantLease', workerId: worker }])
    cluster.exited(worker)
    expect(cluster.free('GPU')).toBe(0)
  })

  test('a worker that ends ends its lease, whoever has it', () => {
    const cluster = new Cluster()
    const realm = cluster.alive('a')
    const worker = cluster.leased('l', { cpu: 1 }, realm)
    expect(cluster.exited(worker, crashed)).toEqual([{ type: 'endLease', leaseId: 'l', realm, exit: crashed }])
    expect(cluster.free('CPU')).toBe(4)
    expect(cluster.tell({ type: 'leaseReturned', leaseId: 'l' })).toEqual([])
    expect(cluster.free('CPU')).toBe(4)
  })

  test('a worker that cannot start ends its lease', () => {
    const cluster = new Cluster()
    cluster.lease('l')
    const exit = { reason: 'could not be started: 404', failedToStart: true }
    expect(cluster.exited('n.w1', exit)).toEqual([{ type: 'endLease', leaseId: 'l', realm: 'driver', exit }])
  })

  test('what can never be given is refused; with waitForResources it waits', () => {
    const cluster = new Cluster({ gpus: 0 })
    expect(cluster.lease('l', { gpu: 1 })).toMatchObject([
      { type: 'refuseLease', leaseId: 'l', realm: 'driver', refusal: { requested: { GPU: 1 }, available: { GPU: 0 } } },
    ])
    expect(cluster.lease('m', { gpu: 1, waitForResources: true })).toEqual([])
    expect(cluster.state.waitingCount).toBe(1)
    expect(cluster.join('big', { gpus: 1 })).toEqual([{ type: 'startWorker', workerId: 'big.w1', nodeId: 'big' }])
  })

  test('an actor that waits for a GPU is not passed by tasks', () => {
    const cluster = new Cluster({ gpus: 2 })
    cluster.leased('running', { gpu: 1 })
    cluster.create('a', { gpu: 2 })
    for (let i = 0; i < 5; i++) expect(cluster.lease(`l${i}`, { gpu: 1 })).toEqual([])
    expect(cluster.lease('cpu', { cpu: 1 })).toHaveLength(1)
    expect(cluster.tell({ type: 'leaseReturned', leaseId: 'running' })).toMatchObject([{ type: 'startWorker' }])
    expect(cluster.fate('a')).toBe('PENDING_CREATION')
    expect(cluster.free('GPU')).toBe(0)
  })

  test('a GPU of an actor is never given to tasks', () => {
    const cluster = new Cluster({ gpus: 2 })
    cluster.alive('a', { gpu: 1 })
    cluster.alive('b', { gpu: 1 })
    for (let i = 0; i < 30; i++) expect(cluster.lease(`l${i}`, { gpu: 0.1 })).toEqual([])
    expect(cluster.state.waitingCount).toBe(30)
  })
})

describe('a task that waits', () => {
  const blocked = (leaseId: string) => ({ type: 'leaseBlocked', leaseId }) as const
  const unblocked = (leaseId: string) => ({ type: 'leaseUnblocked', leaseId }) as const

  test('gives its CPUs to others and keeps the rest; it goes on when it has them again', () => {
    const cluster = new Cluster({ cpus: 1, gpus: 1 })
    const worker = cluster.leased('outer', { cpu: 1, gpu: 1 })
    expect(cluster.lease('inner')).toEqual([])
    expect(cluster.tell(blocked('outer'))).toEqual([{ type: 'startWorker', workerId: 'n.w2', nodeId: 'n' }])
    expect(cluster.state.available()).toEqual({ CPU: 0, GPU: 0 })
    cluster.workerReady('n.w2')
    expect(cluster.tell(unblocked('outer'))).toEqual([])
    expect(cluster.tell({ type: 'leaseReturned', leaseId: 'inner' })).toEqual([
      { type: 'resumeLease', leaseId: 'outer', workerId: worker },
    ])
    expect(cluster.free('CPU')).toBe(0)
    cluster.tell({ type: 'leaseReturned', leaseId: 'outer' })
    expect(cluster.state.available()).toEqual({ CPU: 1, GPU: 1 })
  })

  test('nothing new takes the CPU that one who wants to go on waits for', () => {
    const cluster = new Cluster({ cpus: 1 })
    const worker = cluster.leased('outer')
    cluster.tell(blocked('outer'))
    cluster.leased('inner')
    cluster.lease('next')
    cluster.tell(unblocked('outer'))
    expect(cluster.tell({ type: 'leaseReturned', leaseId: 'inner' })).toEqual([
      { type: 'resumeLease', leaseId: 'outer', workerId: worker },
    ])
    expect(cluster.state.waitingCount).toBe(1)
  })

  test('said twice, or of a lease that is not blocked, the books stay as they are', () => {
    const cluster = new Cluster({ cpus: 2 })
    const worker = cluster.leased('l')
    const resumed = { type: 'resumeLease', leaseId: 'l', workerId: worker }
    // Whoever asks to go on gets an answer, though it had given nothing up.
    expect(cluster.tell(unblocked('l'))).toEqual([resumed])
    expect(cluster.free('CPU')).toBe(1)
    cluster.tell(blocked('l'))
    cluster.tell(blocked('l'))
    expect(cluster.free('CPU')).toBe(2)
    expect(cluster.tell(unblocked('l'))).toEqual([resumed])
    cluster.tell(unblocked('l'))
    expect(cluster.free('CPU')).toBe(1)
    cluster.tell({ type: 'leaseReturned', leaseId: 'l' })
    expect(cluster.free('CPU')).toBe(2)
  })

  test('its end in the middle frees what it had left, once', () => {
    for (const isWaiting of [false, true]) {
      const cluster = new Cluster({ cpus: 1, gpus: 1 })
      const worker = cluster.leased('outer', { cpu: 1, gpu: 1 })
      cluster.tell(blocked('outer'))
      cluster.leased('inner')
      if (isWaiting) cluster.tell(unblocked('outer'))
      cluster.exited(worker, crashed)
      expect(cluster.state.available()).toEqual({ CPU: 0, GPU: 1 })
      expect(cluster.tell({ type: 'leaseReturned', leaseId: 'inner' })).toEqual([])
      expect(cluster.free('CPU')).toBe(1)
    }
  })
})

describe('a realm that ends', () => {
  test('gives back the leases it has', () => {
    const cluster = new Cluster()
    const realm = cluster.alive('a')
    const worker = cluster.leased('l', { cpu: 1, gpu: 1 }, realm)
    cluster.exited(realm, crashed)
    // Its task may still run there: the worker is ended, and then all is free.
    expect(cluster.state.workers()).toMatchObject([{ workerId: worker, state: 'stopping' }])
    cluster.exited(worker)
    expect(cluster.state.available()).toEqual(cluster.state.total())
  })

  test('waits for no more leases', () => {
    const cluster = new Cluster({ cpus: 1 })
    const realm = cluster.alive('a')
    cluster.leased('running')
    cluster.lease('waits', { cpu: 1 }, realm)
    cluster.exited(realm, crashed)
    expect(cluster.state.waitingCount).toBe(0)
    expect(cluster.tell({ type: 'leaseReturned', leaseId: 'running' })).toEqual([])
    expect(cluster.free('CPU')).toBe(1)
  })
})

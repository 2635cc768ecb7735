import { describe, expect, test } from 'vitest'
import { Cluster } from './cluster-kit.ts'

describe('refusal', () => {
  test('what no node can ever give is refused with what was asked and what there is', () => {
    const cluster = new Cluster()
    expect(cluster.create('a', { gpu: 5, name: 'taken' })).toEqual([{ type: 'publishActor', actorId: 'a' }])
    const message =
      'No node can ever give 5 GPU (the cluster has 2); nodes: n. Pass numGpus to init, ask for less, or set waitForResources: true to wait for a node that fits.'
    // A default actor needs a CPU to be placed, though it keeps none: that is part of what was asked.
    const refusal = { message, requested: { CPU: 1, GPU: 5 }, available: { CPU: 4, GPU: 2 } }
    expect(cluster.view('a').death).toEqual({ reason: 'UNSCHEDULABLE', message, refusal })
    expect(cluster.state.findName('default', 'taken')).toBeUndefined()
    expect(cluster.state.waitingCount).toBe(0)
    expect(cluster.state.available()).toEqual(cluster.state.total())
  })

  test('every shortage is named', () => {
    const cluster = new Cluster()
    expect(cluster.state.refusalOf({ cpu: 9, gpu: 1, custom: { special: 2 } })?.message).toBe(
      'No node can ever give 9 CPU (the cluster has 4) and 2 special (the cluster has 0); nodes: n. Pass numCpus and resources.special to init, ask for less, or set waitForResources: true to wait for a node that fits.',
    )
  })

  test('two nodes that could give it together are named as such', () => {
    const cluster = new Cluster({ gpus: 1 })
    cluster.join('m', { gpus: 1 })
    const refusal = cluster.state.refusalOf({ cpu: 0, gpu: 2, custom: {} })
    expect(refusal?.message).toContain('No node can ever give 2 GPU (the cluster has 2); nodes: n, m.')
    expect(refusal).toMatchObject({ requested: { GPU: 2 }, available: { GPU: 2 } })
  })

  test('one and a half GPUs need two', () => {
    expect(new Cluster({ gpus: 1 }).state.refusalOf({ cpu: 0, gpu: 1.5, custom: {} })).toBeDefined()
    expect(new Cluster({ gpus: 2 }).state.refusalOf({ cpu: 0, gpu: 1.5, custom: {} })).toBeUndefined()
  })

  test('a default actor needs a node that has a CPU, and keeps none; numCpus: 0 needs none', () => {
    const cluster = new Cluster({ cpus: 0 })
    cluster.create('a')
    expect(cluster.fate('a')).toBe('DEAD: UNSCHEDULABLE')
    cluster.alive('b', { placementCpu: 0 })
    const small = new Cluster({ cpus: 1 })
    small.alive('a')
    small.alive('b')
    expect(small.free('CPU')).toBe(1)
  })

  test('with waitForResources it waits for a node to come, and holds up nobody', () => {
    const cluster = new Cluster({ gpus: 1 })
    expect(cluster.create('big', { gpu: 2, waitForResources: true })).toEqual([])
    expect(cluster.state.waitingCount).toBe(1)
    cluster.alive('small', { gpu: 1 })
    expect(cluster.join('m', { gpus: 2 })).toEqual([{ type: 'startWorker', workerId: 'm.w2', nodeId: 'm' }])
    cluster.bringUp('big', [{ type: 'startWorker', workerId: 'm.w2', nodeId: 'm' }])
    expect(cluster.view('big')).toMatchObject({ nodeId: 'm', gpuIds: [0, 1] })
  })

  test('before the first node has joined all wait; then each is placed or refused', () => {
    const cluster = new Cluster(null)
    expect(cluster.create('small', { gpu: 1 })).toEqual([])
    expect(cluster.create('big', { gpu: 9, name: 'big' })).toEqual([])
    expect(cluster.create('late', { gpu: 9 }, false)).toEqual([])
    expect(cluster.create('patient', { gpu: 9, waitForResources: true })).toEqual([])
    expect(cluster.lease('l', { gpu: 9 })).toEqual([])
    expect(cluster.join('n', {}).map(({ type }) => type)).toEqual(['publishActor', 'refuseLease', 'startWorker'])
    cluster.tell({ type: 'actorDependenciesReady', actorId: 'late' })
    expect(['small', 'big', 'late', 'patient'].map((id) => cluster.fate(id))).toEqual([
      'PENDING_CREATION',
      'DEAD: UNSCHEDULABLE',
      'DEAD: UNSCHEDULABLE',
      'PENDING_CREATION',
    ])
    expect(cluster.state.findName('default', 'big')).toBeUndefined()
    expect(cluster.state.waitingCount).toBe(1)
  })

  test('what is busy waits, first come first served', () => {
    const cluster = new Cluster({ gpus: 1 })
    const worker = cluster.alive('a', { gpu: 1 })
    cluster.create('b', { gpu: 1 })
    cluster.create('c', { gpu: 1 })
    expect([cluster.fate('b'), cluster.state.waitingCount]).toEqual(['PENDING_CREATION', 2])
    cluster.kill('a')
    expect(cluster.free('GPU')).toBe(0)
    cluster.bringUp('b', cluster.exited(worker))
    expect(cluster.view('b').gpuIds).toEqual([0])
    expect(cluster.state.waitingCount).toBe(1)
  })
})

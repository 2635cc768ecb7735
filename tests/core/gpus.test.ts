import { expect, test } from 'vitest'
import { type Demand, demandOf } from '../../src/core/demand.ts'
import { NodeAgent } from '../../src/core/node-agent.ts'
import { NodeLedger } from '../../src/core/node-ledger.ts'
import type { GpuStatus } from '../../src/protocol/gpu-provider.ts'
import { Cluster, traitsOf } from './cluster-kit.ts'

const half: GpuStatus = { state: 'ok', traits: traitsOf('amd rdna', ['shader-f16'], 2 ** 30) }
const plain: GpuStatus = { state: 'ok', traits: traitsOf('intel gen-12') }
const f16 = { gpu: 1, gpuNeeds: { features: ['shader-f16'] } }
const large = { gpu: 1, gpuNeeds: { features: [], minBufferBytes: 2 ** 29 } }

function ask(gpu: number, features: readonly string[] = []): Demand {
  return demandOf({ cpu: 0, gpu, custom: {}, ...(features.length > 0 ? { gpuNeeds: { features } } : {}) })
}

function twoKinds(...gpuStatus: readonly GpuStatus[]): Cluster {
  return new Cluster({ gpus: gpuStatus.length, gpuStatus })
}

function messageOf(cluster: Cluster, actorId: string): string | undefined {
  return cluster.view(actorId).death?.message
}

test('each GPU goes to who can use it', () => {
  const books = NodeLedger.ofNode({ cpus: 8, gpus: 3, gpuStatus: [plain, half, half], custom: {} })
  expect(books.acquire(ask(1, ['shader-f16']))?.gpuIds).toEqual([1])
  expect(books.acquire(ask(0.5, ['shader-f16']))?.gpuIds).toEqual([2])
  expect(books.acquire(ask(0.5))?.gpuIds).toEqual([2])
  expect(books.acquire(ask(0.5, ['shader-f16']))).toBeUndefined()
  expect(books.acquire(ask(1))?.gpuIds).toEqual([0])
  expect(books.canEverFit(ask(2, ['shader-f16']))).toBe(true)
  expect(books.canEverFit(ask(3, ['shader-f16']))).toBe(false)
})

test('what no GPU has is refused, with what was asked and why each GPU will not do', () => {
  const cluster = twoKinds(plain, half)
  cluster.create('a', { gpu: 1, gpuNeeds: { features: ['shader-f16', 'subgroups'], minBufferBytes: 2 ** 29 } })
  expect(cluster.view('a').state).toBe('DEAD')
  expect(messageOf(cluster, 'a')).toContain('1 GPU (the cluster has 2) with shader-f16 and subgroups')
  expect(messageOf(cluster, 'a')).toContain('storage buffers of 536870912 bytes')
  expect(messageOf(cluster, 'a')).toContain(
    'GPU 0 of n (intel gen-12) lacks shader-f16 and lacks subgroups and has storage buffers of at most 134217728 bytes, GPU 1 of n (amd rdna) lacks subgroups',
  )
  cluster.create('b', large)
  expect(cluster.view('b').state).toBe('PENDING_CREATION')
})

test('a logical GPU without an adapter has nothing to offer', () => {
  const cluster = new Cluster({ gpus: 2 })
  cluster.create('a', f16)
  expect(messageOf(cluster, 'a')).toMatch(/GPU 0 of n is a logical one without an adapter/)
})

test('who waits for one kind of GPU does not keep the other kind from those behind', () => {
  const cluster = twoKinds(half, plain)
  const worker = cluster.alive('first', f16)
  cluster.create('second', f16)
  cluster.create('third', { gpu: 1 })
  expect(cluster.view('second').workerId).toBeUndefined()
  expect(cluster.view('third').gpuIds).toEqual([1])
  cluster.create('fourth', { gpu: 1 })
  cluster.kill('first')
  cluster.exited(worker)
  expect(cluster.view('second').gpuIds).toEqual([0])
  expect(cluster.view('fourth').workerId).toBeUndefined()
})

test('requests that need something wait while the node asks what its GPUs are', () => {
  const cluster = twoKinds({ state: 'unknown' })
  cluster.create('a', f16)
  expect(cluster.view('a').state).toBe('PENDING_CREATION')
  expect(cluster.state.actors()[0]?.pendingReason).toContain('its GPU 0 is being asked what it is')
  cluster.tell({ type: 'nodeGpusChanged', nodeId: 'n', gpus: [half] })
  expect(cluster.view('a').gpuIds).toEqual([0])
})

test('a lost GPU is given to nobody, is waited for, and is given again when it is back', () => {
  const cluster = twoKinds(half)
  cluster.tell({
    type: 'nodeGpusChanged',
    nodeId: 'n',
    gpus: [{ ...half, state: 'lost', reason: 'the driver crashed' }],
  })
  cluster.create('a', f16)
  expect(cluster.view('a').state).toBe('PENDING_CREATION')
  expect(cluster.view('a').workerId).toBeUndefined()
  expect(cluster.state.actors()[0]?.pendingReason).toContain(
    'its GPU 0 was lost and is asked for again (the driver crashed)',
  )
  expect([cluster.state.total()['GPU'], cluster.state.available()['GPU']]).toEqual([1, 0])
  cluster.tell({ type: 'nodeGpusChanged', nodeId: 'n', gpus: [half] })
  expect(cluster.view('a').gpuIds).toEqual([0])
})

test('without its GPU a node has none: new requests are refused with the reason, unless they wait for nodes', () => {
  const cluster = twoKinds(half)
  const worker = cluster.alive('before', f16)
  const gone: GpuStatus = { ...half, state: 'gone', reason: 'the driver crashed' }
  cluster.tell({ type: 'nodeGpusChanged', nodeId: 'n', gpus: [gone] })
  expect(cluster.state.total()['GPU']).toBe(0)
  cluster.create('a', { gpu: 1 })
  expect(messageOf(cluster, 'a')).toContain('GPU 0 of n was lost and did not come back (the driver crashed)')
  cluster.create('patient', { gpu: 1, waitForResources: true })
  cluster.kill('before')
  cluster.exited(worker)
  expect(cluster.view('patient').workerId).toBeUndefined()
  cluster.tell({ type: 'nodeGpusChanged', nodeId: 'n', gpus: [half] })
  expect(cluster.view('patient').gpuIds).toEqual([0])
})

test('a bundle knows of its GPU what its node knows', () => {
  const cluster = twoKinds(plain, half)
  cluster.group('g', [{ gpu: 1 }])
  cluster.create('a', { ...f16, placementCpu: 0, bundle: { groupId: 'g', index: 0 } })
  expect(messageOf(cluster, 'a')).toMatch(
    /No bundle .* with shader-f16; .* GPU 0 of n \(intel gen-12\) lacks shader-f16/,
  )
  cluster.group('h', [{ gpu: 1 }])
  cluster.create('b', { ...f16, placementCpu: 0, bundle: { groupId: 'h', index: 0 } })
  expect(cluster.view('b').gpuIds).toEqual([1])
})

test('a node refuses what is placed on a GPU that it has just lost', () => {
  const agent = new NodeAgent({ cpus: 1, gpus: 1, gpuStatus: [half], custom: {} })
  agent.gpus.change([{ ...half, state: 'lost' }])
  expect(agent.assign('w', 'a', { demand: ask(1), gpuIds: [0] })).toBe(false)
  agent.gpus.change([half])
  expect(agent.assign('w', 'a', { demand: ask(1), gpuIds: [0] })).toBe(true)
})

test('a list of nodes shows each GPU', () => {
  const cluster = twoKinds(half, plain)
  expect(cluster.state.nodes()[0]?.gpus).toEqual([half, plain])
})

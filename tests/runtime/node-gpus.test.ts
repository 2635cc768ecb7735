import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { GpuProvider, GpuStatus, GpuTraits } from '../../src/protocol/gpu-provider.ts'
import { foundGpus, wantedGpus } from '../../src/runtime/found-gpus.ts'
import { NodeGpus } from '../../src/runtime/node-gpus.ts'
import { traitsOf } from '../core/cluster-kit.ts'

const discrete = traitsOf('nvidia hopper', ['shader-f16'])
const integrated: GpuTraits = { ...traitsOf('intel gen-12'), powerPreference: 'low-power' }
const software: GpuTraits = { ...traitsOf('google swiftshader'), isSoftware: true }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Gives these adapters, whichever there are when it is asked. */
class FakeProvider implements GpuProvider {
  adapters: readonly GpuTraits[]
  askedCount = 0
  constructor(...adapters: readonly GpuTraits[]) {
    this.adapters = adapters
  }
  async listAdapters(): Promise<readonly GpuTraits[]> {
    this.askedCount++
    return this.adapters
  }
  async requestAdapter(): Promise<null> {
    return null
  }
}

function open(provider: GpuProvider, count: number): { gpus: NodeGpus; told: (readonly GpuStatus[])[] } {
  const told: (readonly GpuStatus[])[] = []
  const gpus = new NodeGpus(provider, { cpus: 1, custom: {}, ...wantedGpus(count) }, (all) => told.push(all))
  return { gpus, told }
}

const statesOf = (all: readonly GpuStatus[] | undefined): string[] => (all ?? []).map(({ state }) => state)

test('a node has its real adapters, with softwareGpu also the software ones', async () => {
  const provider = new FakeProvider(discrete, integrated, software)
  expect((await foundGpus(provider, false)).gpuStatus?.map(({ traits }) => traits)).toEqual([discrete, integrated])
  expect((await foundGpus(provider, true)).gpus).toBe(3)
  expect(await foundGpus(new FakeProvider(), true)).toEqual({ gpus: 0, gpuStatus: [] })
  const broken = { listAdapters: () => Promise.reject(new Error('no driver')), requestAdapter: async () => null }
  expect((await foundGpus(broken, true)).gpus).toBe(0)
})

test('more GPUs than adapters take turns over them', async () => {
  const { gpus, told } = open(new FakeProvider(discrete, integrated), 3)
  expect(statesOf(gpus.all)).toEqual(['unknown', 'unknown', 'unknown'])
  expect(await gpus.traits(2)).toBe(discrete)
  expect(told[0]).toEqual([
    { state: 'ok', traits: discrete },
    { state: 'ok', traits: integrated },
    { state: 'ok', traits: discrete },
  ])
})

test('without an adapter they are logical, and none of them is ever lost', async () => {
  const { gpus } = open(new FakeProvider(), 2)
  expect(await gpus.traits(0)).toBeUndefined()
  gpus.lost(0, 'whatever')
  expect(statesOf(gpus.all)).toEqual(['ok', 'ok'])
})

test('with one GPU all those of its adapter are lost, and back when it answers', async () => {
  const provider = new FakeProvider(discrete, integrated)
  const { gpus, told } = open(provider, 3)
  await gpus.traits(0)
  provider.adapters = [integrated]
  gpus.lost(2, 'the driver crashed')
  gpus.lost(0, 'the driver crashed')
  expect(told.at(-1)).toEqual([
    { state: 'lost', traits: discrete, reason: 'the driver crashed' },
    { state: 'ok', traits: integrated },
    { state: 'lost', traits: discrete, reason: 'the driver crashed' },
  ])
  await vi.advanceTimersByTimeAsync(1000)
  expect(statesOf(gpus.all)).toEqual(['lost', 'ok', 'lost'])
  provider.adapters = [discrete, integrated]
  await vi.advanceTimersByTimeAsync(3000)
  expect(statesOf(gpus.all)).toEqual(['ok', 'ok', 'ok'])
  // Found out, lost, back: each was told once.
  expect(told).toHaveLength(3)
})

test('an adapter that does not come back within ten seconds is gone, and is asked for now and then', async () => {
  const provider = new FakeProvider(discrete)
  const { gpus } = open(provider, 1)
  await gpus.traits(0)
  provider.adapters = [software]
  gpus.lost(0, 'the driver crashed')
  await vi.advanceTimersByTimeAsync(5000)
  expect(statesOf(gpus.all)).toEqual(['lost'])
  await vi.advanceTimersByTimeAsync(6000)
  expect(gpus.all).toEqual([{ state: 'gone', traits: discrete, reason: 'the driver crashed' }])
  const { askedCount } = provider
  expect(askedCount).toBeLessThan(15)
  provider.adapters = [discrete]
  await vi.advanceTimersByTimeAsync(40_000)
  expect(statesOf(gpus.all)).toEqual(['ok'])
  expect(provider.askedCount).toBe(askedCount + 1)
})

test('a node that ends asks no more', async () => {
  const provider = new FakeProvider(discrete)
  const { gpus, told } = open(provider, 1)
  await gpus.traits(0)
  provider.adapters = []
  gpus.lost(0, 'the driver crashed')
  await vi.advanceTimersByTimeAsync(100)
  const { askedCount } = provider
  gpus.close()
  await vi.advanceTimersByTimeAsync(100_000)
  expect(provider.askedCount).toBe(askedCount)
  expect(statesOf(told.at(-1))).toEqual(['lost'])
})

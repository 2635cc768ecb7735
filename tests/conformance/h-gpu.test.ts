import {
  ActorDiedError,
  ActorUnschedulableError,
  availableResources,
  GpuDeviceLostError,
  getGpuAdapter,
  getGpuDevice,
  kill,
  listNodes,
  proxy,
  ready,
  TroupeError,
} from 'troupe'
import { expect, test } from 'vitest'
import { checkInTask, destroyInTask, Multiplier, Plain } from './actors/gpu.ts'
import { expectRejects, latch, reasonOf, start, testOn, until } from './kit.ts'

const gpuTest = (title: string, body: () => Promise<void>, limitMs?: number): void =>
  testOn(['chromium'], title, body, limitMs)

gpuTest('H14 a GPU actor has a device of its adapter, and right numbers', async () => {
  await start()
  const actor = Multiplier.remote()
  const [isDevice, adapter] = await actor.kindOf()
  expect(isDevice).toBe(true)
  await until(async () => (await listNodes())[0]?.gpus[0]?.state === 'ok', 'the node knows its adapters')
  const { gpus = [] } = (await listNodes({ nodeId: (await listNodes())[0]!.nodeId }))[0] ?? {}
  expect(gpus.map(({ traits }) => traits?.name)).toEqual([adapter, adapter])
  expect(gpus[0]?.traits?.limits['maxBufferSize']).toBeGreaterThan(2 ** 20)
  expect(await actor.check(33, 7)).toBeLessThan(1e-5)
})

test('H14 without a GPU there is no device: in the driver, and in an actor that was given none', async () => {
  await start()
  const inDriver = await expectRejects(getGpuDevice(), TroupeError, /getGpuDevice\(\) works in .* this is the driver/)
  expect(inDriver.code).toBe('NO_GPU')
  await expectRejects(getGpuAdapter(), TroupeError, /getGpuAdapter\(\) works in/)
  await expectRejects(Plain.remote().device(), TroupeError, /Plain was given none/)
})

gpuTest('H14 what the GPU refuses rejects the call that ran, with the message of the shader', async () => {
  await start()
  const actor = Multiplier.remote()
  const error = await expectRejects(actor.badShader(), TroupeError, /GPU 0 of .* refused .*WGSL[\s\S]*\(badShader\)/)
  expect(error.code).toBe('GPU_ERROR')
  await expectRejects(actor.badFormat(), TroupeError, /\(badFormat\)/)
  // The actor and its device are well, and nothing of it reaches later calls.
  expect(await actor.check(9, 1)).toBeLessThan(1e-5)
  expect(await actor.callCount()).toBe(1)
})

gpuTest('H14 a lost device: what hangs on it rejects, and the actor restarts as often as it may', async () => {
  await start()
  const actor = Multiplier.options({ maxRestarts: 3 }).remote()
  for (let round = 0; round < 3; round++) {
    expect(await actor.check(9, round)).toBeLessThan(1e-5)
    const error = await expectRejects(
      actor.destroyDevice(),
      GpuDeviceLostError,
      /destroyDevice was under way\. The actor restarts/,
    )
    expect(error).toMatchObject({ className: 'Multiplier', method: 'destroyDevice' })
    expect(await actor.callCount()).toBe(0)
  }
  await expectRejects(actor.destroyDevice(), GpuDeviceLostError, /The actor is dead/)
  const late = await expectRejects(actor.check(9, 1), ActorDiedError, /lost its device on GPU 0/)
  expect(late.cause).toBeInstanceOf(GpuDeviceLostError)
  await until(async () => (await availableResources())['GPU'] === 2, 'its GPU is free')
})

gpuTest('H14 a lost device rejects also a call that never ends, and repeats those that may be repeated', async () => {
  await start()
  const actor = Multiplier.options({ maxRestarts: 1, maxConcurrency: 2 }).remote()
  const started = latch()
  const held = reasonOf(actor.hold(proxy(async () => started.open())))
  await started.opened
  const lost = reasonOf(actor.destroyDevice())
  expect([await held, await lost].map((error) => error instanceof GpuDeviceLostError)).toEqual([true, true])
  expect(await actor.check(9, 3)).toBeLessThan(1e-5)
})

gpuTest('H14 a task has a device, and fails by name when that is lost', async () => {
  await start()
  const onGpu = checkInTask.options({ numGpus: 1 })
  const { get } = await import('troupe')
  expect(await get(onGpu.remote(17, 4))).toBeLessThan(1e-5)
  await expectRejects(
    get(destroyInTask.options({ numGpus: 1, maxRetries: 0 }).remote()),
    GpuDeviceLostError,
    /destroyInTask/,
  )
  expect(await get(onGpu.remote(9, 5))).toBeLessThan(1e-5)
})

gpuTest('H14 what no adapter has is refused by name, and what it has is given', async () => {
  await start()
  await until(async () => (await listNodes()).some(({ gpus }) => gpus[0]?.state === 'ok'), 'the adapters are known')
  const features = ['a-feature-of-nobody']
  const refused = Multiplier.options({ gpu: { features } })
  const error = await reasonOf(async () => ready(refused.remote()))
  expect(error).toBeInstanceOf(ActorUnschedulableError)
  expect((error as Error).message).toMatch(/GPU .* with a-feature-of-nobody[\s\S]*lacks a-feature-of-nobody/)
  const actor = Multiplier.options({ gpu: { minBufferBytes: 2 ** 20 } }).remote()
  expect(await actor.ids()).toEqual([0])
})

gpuTest('H14 32 GPU actors at once give right numbers', async () => {
  await start({ numCpus: 32, numGpus: 32 })
  const actors = Array.from({ length: 32 }, () => Multiplier.remote())
  const worst = await Promise.all(actors.map((actor, seed) => actor.check(24, seed)))
  expect(Math.max(...worst)).toBeLessThan(1e-5)
  const ids = (await Promise.all(actors.map((actor) => actor.ids()))).flat()
  expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 32 }, (_, id) => id))
  for (const actor of actors) kill(actor)
})

gpuTest('H14 half a GPU each: two actors share an adapter', async () => {
  await start({ numGpus: 1 })
  const actors = [0, 1].map(() => Multiplier.options({ numGpus: 0.5 }).remote())
  expect(await Promise.all(actors.map((actor) => actor.ids()))).toEqual([[0], [0]])
  const worst = await Promise.all(actors.map((actor, seed) => actor.check(9, seed)))
  expect(Math.max(...worst)).toBeLessThan(1e-5)
})

gpuTest(
  'F5 a GPU is free at once when its actor ends: created, used and killed 200 times',
  async () => {
    await start({ numGpus: 1 })
    for (let round = 0; round < 200; round++) {
      const actor = Multiplier.remote()
      expect(await actor.check(4, round)).toBeLessThan(1e-5)
      kill(actor)
    }
  },
  240_000,
)

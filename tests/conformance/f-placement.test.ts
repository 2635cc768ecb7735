import {
  ActorDiedError,
  ActorUnschedulableError,
  availableResources,
  get,
  init,
  kill,
  listActors,
  listNodes,
  PlacementGroupRemovedError,
  PlacementGroupUnschedulableError,
  placementGroup,
  proxy,
  ready,
  shutdown,
  TaskUnschedulableError,
  wait,
} from 'troupe'
import { expect, test } from 'vitest'
import { Counter } from './actors/counter.ts'
import { add, slow, valueAfter } from './actors/tasks.ts'
import { expectRejects, expectThrows, gate, host, seconds, start, testOn, until, untyped } from './kit.ts'

test('F11 actors and tasks run in the bundles of a placement group', async () => {
  await start()
  const before = await availableResources()
  const group = placementGroup([{ CPU: 1 }, { CPU: 1, GPU: 1 }], { strategy: 'PACK' })
  await group.ready()
  expect(await availableResources()).toMatchObject({ CPU: 6, GPU: 1 })
  const inFirst = Counter.options({ placementGroup: group.bundle(0) }).remote()
  expect(await inFirst.inc()).toBe(1)
  const withGpu = Counter.options({ placementGroup: group, numGpus: 1 }).remote()
  expect(await withGpu.gpus()).toHaveLength(1)
  expect(await get(add.options({ placementGroup: group.bundle(0) }).remote(1, 2))).toBe(3)
  // What runs in it takes nothing more of the node.
  expect(await availableResources()).toMatchObject({ CPU: 6, GPU: 1 })
  group.remove()
  const dead = await expectRejects(inFirst.inc(), ActorDiedError, /placement group .* was removed/)
  expect(dead.reason).toBe('PLACEMENT_GROUP_REMOVED')
  await until(async () => (await availableResources()).CPU === before.CPU, 'everything comes back')
  expect(await availableResources()).toEqual(before)
})

test('F11 bundles and requests that cannot be are refused at once', async () => {
  await start()
  const group = placementGroup([{ CPU: 1 }, { CPU: 2 }])
  expectThrows(() => group.bundle(5), RangeError, /no bundle 5/)
  expectThrows(() => Counter.options({ placementGroup: { group, index: 5 } }), RangeError, /no bundle 5/)
  expectThrows(() => Counter.options({ placementGroup: group, numCpus: 5 }).remote(), RangeError, /fits into no bundle/)
  const first = group.bundle(0)
  expectThrows(() => add.options({ placementGroup: first, numCpus: 2 }).remote(1, 2), RangeError, /fits into no bundle/)
  expectThrows(() => Counter.options({ placementGroup: untyped('x') }), TypeError, /placementGroup/)
  expectThrows(() => placementGroup([]), RangeError)
  expectThrows(() => placementGroup([{ CPU: 0 }]), RangeError, /asks for nothing/)
  expectThrows(() => placementGroup([{ CPU: -1 }]), RangeError)
  expectThrows(() => placementGroup([{ CPU: 1 }], { strategy: untyped('FOO') }), RangeError, /STRICT_SPREAD/)
  expectThrows(() => placementGroup(untyped({ CPU: 1 })), TypeError)
  expectThrows(() => placementGroup([{ numCpus: 1 }]), RangeError, /CPU/)
})

test('F11 a group that no nodes could ever hold is refused, all or nothing', async () => {
  await start()
  const before = await availableResources()
  for (const group of [
    placementGroup([{ CPU: 100 }]),
    placementGroup([{ CPU: 1 }, { CPU: 1 }], { strategy: 'STRICT_SPREAD' }),
    placementGroup([{ CPU: 5 }, { CPU: 5 }], { strategy: 'STRICT_PACK' }),
  ]) {
    await expectRejects(group.ready(), PlacementGroupUnschedulableError, /8/)
  }
  const patient = placementGroup([{ CPU: 100 }], { waitForResources: true })
  expect(await patient.wait(seconds(1))).toBe(false)
  expect(await availableResources()).toEqual(before)
  patient.remove()
  await expectRejects(patient.ready(), PlacementGroupRemovedError)
  expectThrows(() => Counter.options({ placementGroup: patient, numCpus: 1 }).remote(), PlacementGroupRemovedError)
  expectThrows(() => add.options({ placementGroup: patient }).remote(1, 2), PlacementGroupRemovedError)
})

test('F11 a half-fitting group takes nothing and waits; what asks for it waits with it', async () => {
  await start()
  const holder = Counter.options({ numGpus: 1 }).remote()
  await ready(holder)
  const group = placementGroup([{ GPU: 1 }, { GPU: 1 }])
  const inside = Counter.options({ placementGroup: group, numCpus: 0, numGpus: 1 }).remote()
  const answer = inside.gpus.remote()
  expect(await group.wait(seconds(1))).toBe(false)
  expect(await availableResources()).toMatchObject({ GPU: 1 })
  expect(await wait([answer], { timeout: 0 })).toEqual([[], [answer]])
  kill(holder)
  await group.ready()
  expect(await get(answer)).toHaveLength(1)
  expect(await availableResources()).toMatchObject({ GPU: 0 })
})

test('F11 a task that runs when its group is removed rejects, and is not run again', async () => {
  await start()
  const group = placementGroup([{ CPU: 1 }])
  const running = gate()
  const inside = valueAfter.options({ placementGroup: group }).remote(proxy(running.pass), 1)
  const queued = slow.options({ placementGroup: group }).remote(1, 2)
  await running.reached
  if (host === 'inline') running.open()
  group.remove()
  await expectRejects(get(queued), PlacementGroupRemovedError)
  if (host !== 'inline') await expectRejects(get(inside), PlacementGroupRemovedError, /was removed/)
})

test('F12 affinity to a node, and to labels', async () => {
  const runtime = await init({
    numCpus: 2,
    labels: { zone: 'eu', arch: 'wasm' },
    ...(host === 'inline' ? { host: 'inline' as const } : {}),
  })
  const here = { nodeId: runtime.nodeId }
  const nowhere = { nodeId: 'nowhere' }
  const counter = Counter.options({ schedulingStrategy: here }).remote()
  expect(await counter.inc()).toBe(1)
  expect(await listActors({ nodeId: runtime.nodeId })).toHaveLength(1)
  expect(await listNodes()).toMatchObject([
    { nodeId: runtime.nodeId, labels: { zone: 'eu', arch: 'wasm' }, total: { CPU: 2 }, actorCount: 1 },
  ])
  expect(await listNodes({ nodeId: 'nowhere' })).toEqual([])
  expect(await get(add.options({ schedulingStrategy: here }).remote(1, 2))).toBe(3)
  const unknown = Counter.options({ schedulingStrategy: nowhere })
  expectThrows(() => unknown.remote(), ActorUnschedulableError, /on the node nowhere/)
  expectThrows(() => add.options({ schedulingStrategy: nowhere }).remote(1, 2), TaskUnschedulableError, /nowhere/)
  const soft = { ...nowhere, soft: true }
  expect(await Counter.options({ schedulingStrategy: soft }).remote().inc()).toBe(1)
  expect(await get(add.options({ schedulingStrategy: soft }).remote(1, 2))).toBe(3)
  const inEurope = { labels: { zone: ['us', 'eu'], arch: { not: 'arm' } } } as const
  expect(await get(add.options({ schedulingStrategy: inEurope }).remote(2, 2))).toBe(4)
  const elsewhere = { labels: { zone: { not: ['eu'] } } } as const
  expectThrows(() => add.options({ schedulingStrategy: elsewhere }).remote(1, 2), TaskUnschedulableError, /zone/)
  expect(await get([1, 2, 3].map((n) => add.options({ schedulingStrategy: 'SPREAD' }).remote(n, n)))).toEqual([2, 4, 6])
  expectThrows(() => add.options({ schedulingStrategy: untyped('FOO') }), RangeError, /SPREAD/)
  expectThrows(() => add.options({ schedulingStrategy: untyped({}) }), TypeError, /nodeId/)
  expectThrows(() => add.options({ schedulingStrategy: untyped({ labels: { a: 1 } }) }), TypeError, /labels.a/)
})

test('F2 an actor with two GPUs has both', async () => {
  await start()
  const both = Counter.options({ numGpus: 2 }).remote()
  expect([...(await both.gpus())].sort()).toEqual([0, 1])
  expect(await availableResources()).toMatchObject({ CPU: 8, GPU: 0 })
})

test('F8 default actors take no CPU, and need a node that has one', async () => {
  await start({ startTimeout: 100_000 })
  const many = Array.from({ length: 12 }, () => Counter.remote())
  expect(await get(many.map((one) => one.inc.remote()))).toEqual(Array.from({ length: 12 }, () => 1))
  expect(await availableResources()).toMatchObject({ CPU: 8, GPU: 2 })
  await shutdown()
  await start({ numCpus: 0 })
  expectThrows(() => Counter.remote(), ActorUnschedulableError, /1 CPU/)
  const patient = Counter.options({ waitForResources: true }).remote()
  const answer = patient.inc.remote()
  expect(await wait([answer], { timeout: seconds(1) })).toEqual([[], [answer]])
}, 120_000)

test('F6 GPUs of actors are never given to tasks', async () => {
  await start()
  const holders = [1, 2].map(() => Counter.options({ numGpus: 1 }).remote())
  await Promise.all(holders.map((one) => ready(one)))
  const tasks = Array.from({ length: 30 }, () => add.options({ numGpus: 1 }).remote(1, 1))
  expect((await wait(tasks, { numReturns: 30, timeout: seconds(1) }))[0]).toEqual([])
  for (const one of holders) kill(one)
  expect(await get(tasks)).toEqual(tasks.map(() => 2))
})

testOn(['node', 'chromium'], 'F11 a group that an actor made is removed when that actor ends', async () => {
  await start()
  const before = await availableResources()
  const { GroupMaker } = await import('./actors/group-maker.ts')
  const maker = GroupMaker.remote()
  expect(await maker.make()).toBe(1)
  expect(await availableResources()).toMatchObject({ CPU: 6 })
  kill(maker)
  await until(async () => (await availableResources()).CPU === before.CPU, 'the bundles come back')
})

import {
  ActorDiedError,
  ActorUnschedulableError,
  get,
  init,
  kill,
  listNodes,
  listObjects,
  OwnerDiedError,
  placementGroup,
  proxy,
  put,
  ready,
  TaskUnschedulableError,
  terminate,
  wait,
} from 'troupe'
import { type AddedNode, addNode } from 'troupe/adapter'
import { expect, test } from 'vitest'
import { lengthOf, nodeOf, ones, Place } from './actors/places.ts'
import {
  expectRejects,
  expectThrows,
  gate,
  host,
  latch,
  reasonOf,
  seconds,
  start,
  until,
  untilNoObjects,
} from './kit.ts'

/** What only the nodes that are added have: what asks for it does not run in the first one. */
const far = { resources: { far: 1 } }
const addFar = (options: { numCpus?: number; far?: number; name?: string } = {}): Promise<AddedNode> => {
  const { far = 4, ...rest } = options
  return addNode({ numCpus: 4, resources: { far }, ...rest })
}

const gone = ({ nodeId }: AddedNode): Promise<void> =>
  until(async () => (await listNodes()).every((node) => node.nodeId !== nodeId), `${nodeId} counts as lost`)

test('F2 on three nodes with four GPUs each, twelve actors get twelve different ones', async () => {
  await start({ numCpus: 8, numGpus: 4 })
  for (let i = 0; i < 2; i++) await addNode({ numCpus: 8, numGpus: 4 })
  const light = Place.options({ numGpus: 1, isolation: 'shared' })
  const places = Array.from({ length: 12 }, () => light.remote())
  const found = await Promise.all(places.map((place) => place.where()))
  expect(new Set(found.map(({ nodeId, gpuIds }) => `${nodeId} ${gpuIds}`)).size).toBe(12)
  const late = light.remote()
  const where = late.where.remote()
  expect((await wait([where], { timeout: seconds(1.5) }))[0]).toEqual([])
  kill(places[5]!)
  expect(await get(where)).toEqual(found[5])
}, 120_000)

test('F12 tasks spread over the nodes; affinity follows nodes that come and go', async () => {
  await start({ numCpus: 2 })
  const [second] = [await addNode({ numCpus: 2, name: 'second' }), await addNode({ numCpus: 2, name: 'third' })]
  const go = latch()
  const spread = nodeOf.options({ schedulingStrategy: 'SPREAD' })
  const tasks = Array.from({ length: 6 }, () => spread.remote(proxy(() => go.opened)))
  go.open()
  const counts = new Map<string, number>()
  for (const nodeId of await Promise.all(tasks.map((one) => get(one))))
    counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1)
  expect([...counts.values()]).toEqual([2, 2, 2])
  expect([...counts.keys()]).toEqual(expect.arrayContaining(['second', 'third']))

  const hard = nodeOf.options({ schedulingStrategy: { nodeId: 'second' } })
  const soft = nodeOf.options({ schedulingStrategy: { nodeId: 'second', soft: true } })
  expect([await get(hard.remote()), await get(soft.remote())]).toEqual(['second', 'second'])
  second.kill()
  await gone(second)
  expectThrows(() => hard.remote(), TaskUnschedulableError)
  expectThrows(() => Place.options({ schedulingStrategy: { nodeId: 'second' } }).remote(), ActorUnschedulableError)
  expect(await get(soft.remote())).not.toBe('second')
})

test('F11 the bundles of a strictly spread group are on nodes of their own', async () => {
  await start({ numCpus: 2 })
  await addNode({ numCpus: 2 })
  const group = placementGroup([{ CPU: 1 }, { CPU: 1 }], { strategy: 'STRICT_SPREAD' })
  await group.ready()
  const bundles = [0, 1].map((index) => nodeOf.options({ placementGroup: group.bundle(index) }).remote())
  expect(new Set(await Promise.all(bundles.map((one) => get(one)))).size).toBe(2)
})

test('C20 the result of a task outlives the node it ran on; what was put there does not', async () => {
  await start({ numCpus: 1 })
  const node = await addFar()
  const length = 1_000_000
  const place = Place.options(far).remote()
  const [stored] = await place.keep(length)
  const result = ones.options(far).remote(length)
  await wait([result])
  node.kill()
  await gone(node)
  await expectRejects(get(stored), OwnerDiedError)
  const value = await get(result)
  expect([value.length, value[0], value[length - 1]]).toEqual([length, 1, 1])
})

test('C20 a task whose node is lost is run again elsewhere', async () => {
  await start({ numCpus: 1 })
  const nodes = new Map<string, AddedNode>()
  for (const name of ['a', 'b', 'c', 'd']) nodes.set(name, await addFar({ name, far: 1 }))
  const seen: string[] = []
  const pass = async (nodeId: string): Promise<void> => {
    seen.push(nodeId)
    if (seen.length > 3) return
    nodes.get(nodeId)!.kill()
    await new Promise(() => {})
  }
  const last = await get(nodeOf.options({ ...far, maxRetries: 3 }).remote(proxy(pass)))
  expect(seen).toHaveLength(4)
  expect(new Set(seen).size).toBe(4)
  expect(last).toBe(seen[3])
})

test('E9 actors of a lost node die, or begin anew on another one', async () => {
  await start({ numCpus: 1 })
  const first = await addFar({ far: 3 })
  const [mortal, restartable, patient] = [
    Place.options(far).remote(),
    Place.options({ ...far, maxRestarts: 1 }).remote(),
    Place.options({ ...far, maxRestarts: 1, maxTaskRetries: -1 }).remote(),
  ]
  for (const place of [mortal, restartable, patient]) {
    expect((await place.where()).nodeId).toBe(first.nodeId)
    expect(await place.count()).toBe(1)
  }
  const second = await addFar({ far: 3 })
  const reached = latch()
  const held = mortal.hold(
    proxy(() => {
      reached.open()
      return new Promise(() => {})
    }),
  )
  await reached.opened
  first.kill()
  const death = await expectRejects(held, ActorDiedError)
  expect(death.reason).toBe('NODE_DIED')
  expect(await patient.count()).toBe(1)
  expect((await patient.where()).nodeId).toBe(second.nodeId)
  await ready(restartable)
  expect(await restartable.count()).toBe(1)
  expect((await listNodes()).map(({ nodeId }) => nodeId)).not.toContain(first.nodeId)
})

test('E8 nodes die one after the other: every count goes on or begins anew', async () => {
  await start({ numCpus: 1 })
  const nodes: AddedNode[] = []
  for (let i = 0; i < 5; i++) nodes.push(await addFar({ far: 3 }))
  const immortal = Place.options({ ...far, maxRestarts: -1, maxTaskRetries: -1, isolation: 'shared' })
  const places = [1, 2, 3].map(() => immortal.remote())
  const last = [0, 0, 0]
  for (const node of nodes.slice(0, 4)) {
    const counting = Promise.all(
      places.map(async (place, i) => {
        for (let call = 0; call < 20; call++) {
          const count = await place.count()
          expect([last[i]! + 1, 1]).toContain(count)
          last[i] = count
        }
      }),
    )
    await get(nodeOf.remote())
    node.kill()
    await counting
  }
}, 120_000)

test('E13 nodes go and come while sixteen actors work: every call is answered', async () => {
  await start({ numCpus: 1 })
  const nodes: AddedNode[] = []
  for (let i = 0; i < 2; i++) nodes.push(await addNode({ numCpus: 4, resources: { far: 4 } }))
  const worker = Place.options({
    numCpus: 0.25,
    resources: { far: 0.25 },
    maxRestarts: -1,
    maxTaskRetries: -1,
    isolation: 'shared',
  })
  const places = Array.from({ length: 16 }, () => worker.remote())
  let answered = 0
  const working = Promise.all(
    places.flatMap((place) =>
      Array.from({ length: 300 }, async () => {
        expect(await place.count()).toBeGreaterThan(0)
        answered++
      }),
    ),
  )
  for (let round = 0; round < 3; round++) {
    await until(async () => answered >= (round + 1) * 300, 'some calls are answered')
    nodes.push(await addNode({ numCpus: 4, resources: { far: 4 } }))
    nodes[round]!.kill()
  }
  await working
  expect(answered).toBe(4800)
}, 120_000)

test('F2 a node that holds something for somebody else refuses, and what was placed there goes elsewhere', async () => {
  await start({ numCpus: 1 })
  const withheld = { resources: { far: 2 } }
  const full = await addNode({ numCpus: 2, resources: { far: 2 }, withheld, name: 'full' })
  const light = Place.options({ ...far, isolation: 'shared' }).remote()
  const [own, task] = [Place.options(far).remote(), nodeOf.options(far).remote()]
  const free = async (nodeId: string): Promise<number | undefined> =>
    (await listNodes()).find((node) => node.nodeId === nodeId)?.available['far']
  await until(async () => (await free('full')) === 0, 'it is known that nothing is free there')
  const { nodeId: other } = await addNode({ numCpus: 2, resources: { far: 3 } })
  const found = [(await light.where()).nodeId, (await own.where()).nodeId, await get(task)]
  expect(found).toEqual([other, other, other])
  expect(await own.count()).toBe(1)

  full.release()
  const there = { ...far, schedulingStrategy: { nodeId: 'full' } } as const
  const places = [Place.options(there).remote(), Place.options({ ...there, isolation: 'shared' }).remote()]
  for (const place of places) expect((await place.where()).nodeId).toBe('full')
  expect(await free('full')).toBe(0)
  for (const place of places) await terminate(place)
  // What has ended there is free for what comes next, in the books of both.
  expect(await get(nodeOf.options({ ...there, resources: { far: 2 } }).remote())).toBe('full')
})

const bigLength = 1_310_720

test('F14 a task goes to the node where its large arguments are, and elsewhere when that is full', async () => {
  await start({ numCpus: 2 })
  const store = await addFar({ name: 'store', numCpus: 2 })
  const place = Place.options(far).remote()
  const [[big], [small]] = [await place.keep(bigLength), await place.keep(100)]
  const own = put(new Float64Array(bigLength / 2))
  expect(await get(lengthOf.remote(big, small))).toEqual(['store', bigLength + 100])
  expect(await get(lengthOf.remote(own, big))).toEqual(['store', 1.5 * bigLength])
  const unmoved = async (...refs: Parameters<typeof lengthOf.remote>): Promise<void> =>
    expect((await get(lengthOf.remote(...refs)))[0]).not.toBe('store')
  await unmoved(small)
  await unmoved(own)
  const held = gate()
  const holder = nodeOf.options({ schedulingStrategy: { nodeId: 'store' }, numCpus: 2 }).remote(proxy(held.pass))
  await held.reached
  await unmoved(big)
  held.open()
  expect(await get(holder)).toBe('store')
  // It has never been in the driver, which only passed the ref on.
  store.kill()
  await gone(store)
  await expectRejects(get(lengthOf.remote(big)), OwnerDiedError, /\(args\[0\]\) of lengthOf/)
  await expectRejects(get(big), OwnerDiedError)
})

test('F14 a large argument of a call is fetched where the actor is, and keeps the order', async () => {
  await start({ numCpus: 2 })
  const store = await addFar({ name: 'store' })
  const [place, reader] = [Place.options(far).remote(), Place.remote()]
  const [big] = await place.keep(bigLength)
  const { nodeId } = await reader.where()
  const answers = await Promise.all([reader.length(big), reader.count(), reader.length(big), reader.count()])
  expect(answers).toEqual([[nodeId, bigLength, 1], 2, [nodeId, bigLength, 3], 4])
  expect(await place.length(big)).toEqual(['store', bigLength, 1])
  const [late] = await place.keep(bigLength)
  const spinning = latch()
  const spin = place.spin(
    proxy(() => spinning.open()),
    1000,
  )
  await spinning.opened
  const stop = new AbortController()
  const stopped = reader.length.options({ signal: stop.signal }).remote(late)
  stop.abort()
  expect(await reasonOf(get(stopped))).toBe(stop.signal.reason)
  // It had not started when it was given up: it was waiting for its argument.
  expect(await reader.count()).toBe(5)
  await spin
  late[Symbol.dispose]()
  const [other] = await place.keep(bigLength)
  expect((await get(lengthOf.remote(other)))[0]).toBe('store')
  await reader.length(other)
  other[Symbol.dispose]()
  const holdersOf = async (id: string): Promise<readonly string[]> =>
    (await listObjects()).find(({ objectId }) => objectId === id)?.holders ?? []
  await until(async () => (await holdersOf(other.id)).length === 0, 'nobody holds the second one any more')
  store.kill()
  await expectRejects(reader.length(big), OwnerDiedError, /args\[0\]/)
  expect(await reader.count()).toBe(7)
})

test('F8 an actor that was asked for before the first node knew its GPUs is not refused for a smaller one', async () => {
  void init({ numCpus: 8, ...(host === 'inline' ? { host: 'inline' as const } : {}) })
  const place = Place.options({ numCpus: 8 }).remote()
  await addNode({ numCpus: 1 })
  expect(await place.count()).toBe(1)
})

test('C14 an actor on another node hands its objects to its own node when it ends', async () => {
  await start({ numCpus: 1 })
  await addFar({ name: 'keeper' })
  const place = Place.options(far).remote()
  const [stored] = await place.keep(100_000)
  await terminate(place)
  await until(async () => (await listObjects()).some(({ keeper }) => keeper === 'keeper'), 'it has handed over')
  expect((await get(stored)).length).toBe(100_000)
  stored[Symbol.dispose]()
  await untilNoObjects()
})

import { ActorDiedError, get, listNodes, OwnerDiedError, proxy, ready, terminate } from 'troupe'
import { type AddedNode, addNode } from 'troupe/adapter'
import { expect, test } from 'vitest'
import { Laggard, lengthOf, nodeOf, Place } from './actors/places.ts'
import { expectRejects, gate, sleep, start, until } from './kit.ts'

/** What only the nodes that are added have. */
const far = { resources: { far: 1 } }
const addFar = (name: string): Promise<AddedNode> => addNode({ numCpus: 8, resources: { far: 8 }, name })
const there = (nodeId: string) => ({ ...far, schedulingStrategy: { nodeId, soft: true } }) as const
/** From at once to when all has begun; `undefined`: before anything else happens. */
const moments = [undefined, 0, 3, 10, 30, 80]

async function waitFor(moment: number | undefined): Promise<void> {
  if (moment !== undefined) await sleep(moment)
}

/** Everything is free again on the nodes that are left. */
const untilAllFree = (): Promise<void> =>
  until(
    async () => (await listNodes()).every(({ total, available }) => total['far'] === available['far']),
    'nothing is taken on any node',
  )

test('E9 a node dies while its workers start: tasks run elsewhere, actors die or begin anew', async () => {
  await start({ numCpus: 1 })
  await addFar('left')
  for (const [round, moment] of moments.entries()) {
    const node = await addFar(`lost ${round}`)
    const on = there(node.nodeId)
    const restartable = { ...on, maxRestarts: 1, maxTaskRetries: -1 }
    const immortals = [Place.options(restartable), Place.options({ ...restartable, isolation: 'shared' })].map((one) =>
      one.remote(),
    )
    const mortals = [Place.options(on), Place.options({ ...on, isolation: 'shared' })].map((one) => one.remote())
    const counts = immortals.map((place) => place.count())
    const outcomes = Promise.allSettled(mortals.map((place) => place.count()))
    const tasks = [nodeOf.options(on).remote(), nodeOf.options(on).remote()]
    await waitFor(moment)
    node.kill()
    expect(await Promise.all(counts)).toEqual([1, 1])
    for (const place of immortals) expect((await place.where()).nodeId).toBe('left')
    expect(await get(tasks)).toHaveLength(2)
    for (const outcome of await outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(ActorDiedError)
    for (const place of mortals) await expectRejects(place.count(), ActorDiedError)
    for (const place of immortals) await terminate(place)
    await untilAllFree()
  }
}, 120_000)

test('E9 a node dies while actors are being made there', async () => {
  await start({ numCpus: 1 })
  const node = await addFar('lost')
  await addFar('left')
  const entered = gate()
  let waiting = 0
  const pass = async (nodeId: string): Promise<void> => {
    if (nodeId !== 'lost') return
    if (++waiting === 3) void entered.pass()
    await new Promise(() => {})
  }
  const on = there('lost')
  const mortal = Laggard.options(on).remote(proxy(pass))
  const immortals = [
    Laggard.options({ ...on, maxRestarts: 1, maxTaskRetries: -1 }).remote(proxy(pass)),
    Laggard.options({ ...on, maxRestarts: 1, maxTaskRetries: -1, isolation: 'shared' }).remote(proxy(pass)),
  ]
  const [called, answers] = [mortal.where(), immortals.map((one) => one.where())]
  await entered.reached
  node.kill()
  const death = await expectRejects(called, ActorDiedError)
  expect(death.reason).toBe('NODE_DIED')
  await expectRejects(ready(mortal), ActorDiedError)
  expect(await Promise.all(answers)).toEqual(['left', 'left'])
  for (const one of immortals) await terminate(one)
  await untilAllFree()
})

test('E9 a node dies while an actor of it hands its objects over: each is there, or its owner has died', async () => {
  await start({ numCpus: 1 })
  await addFar('left')
  const reader = Place.options(there('left')).remote()
  for (const [round, moment] of moments.entries()) {
    const node = await addFar(`lost ${round}`)
    const place = Place.options(there(node.nodeId)).remote()
    const refs = (await Promise.all([100, 1000, 200_000].map((length) => place.keep(length)))).flat()
    const ended = terminate(place)
    const read = refs.map((ref) => reader.length(ref))
    await waitFor(moment)
    node.kill()
    await ended
    const outcomes = await Promise.allSettled([...read, ...refs.map((ref) => get(ref))])
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(OwnerDiedError)
    expect(outcomes).toHaveLength(6)
    expect(await reader.count()).toBeGreaterThan(0)
  }
}, 120_000)

test('E9 a node dies while others fetch arguments from it', async () => {
  await start({ numCpus: 4 })
  const reader = Place.remote()
  for (const [round, moment] of moments.entries()) {
    const node = await addFar(`lost ${round}`)
    const place = Place.options(there(node.nodeId)).remote()
    const [ref] = await place.keep(1_310_720)
    const given = [reader.length(ref), get(lengthOf.remote(ref)), get(lengthOf.remote(ref, ref))]
    await waitFor(moment)
    node.kill()
    for (const outcome of await Promise.allSettled<unknown>(given))
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(OwnerDiedError)
    expect(await reader.count()).toBeGreaterThan(0)
  }
}, 120_000)

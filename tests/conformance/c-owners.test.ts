import {
  free,
  get,
  kill,
  listObjects,
  ObjectFreedError,
  type ObjectRef,
  OwnerDiedError,
  put,
  ready,
  terminate,
  wait,
} from 'troupe'
import { expect, test } from 'vitest'
import { Plain } from './actors/basics.ts'
import {
  addAll,
  addAllWithin,
  checksum,
  countArguments,
  Keeper,
  Maker,
  makeLarge,
  numbers,
  twoParts,
} from './actors/store.ts'
import { expectRejects, host, start, until, untilNoObjects, workerTest } from './kit.ts'

type Numbers = ObjectRef<Float32Array>
const sum = (seed: number): number => checksum(numbers(20_000, seed))

workerTest('C19 the objects of an actor that is killed or crashes are lost', async () => {
  await start()
  for (const end of ['kill', 'crash']) {
    const maker = Maker.remote()
    const keeper = Keeper.remote()
    const [ref] = await maker.make(20_000, 1)
    const [other] = await maker.make(20_000, 2)
    await keeper.keep([ref, other])
    expect(checksum(await get(other))).toBe(sum(2))
    const ended = expectRejects(
      maker.take('a call that never answers').then(() => maker.die()),
      Error,
    )
    if (end === 'kill') kill(maker)
    await ended
    await until(async () => (await listObjects({ objectId: ref.id })).length === 0, 'it is gone')
    await expectRejects(get(ref), OwnerDiedError, new RegExp(ref.id))
    await expectRejects(keeper.read(), OwnerDiedError)
    // A ref that comes here only now tells the same.
    const [again] = await keeper.back()
    again![Symbol.dispose]()
    ref[Symbol.dispose]()
    other[Symbol.dispose]()
    await expectRejects(get((await keeper.back())[0]!), OwnerDiedError)
    kill(keeper)
  }
  await untilNoObjects()
})

const gracefulEnds = {
  terminate: (maker: ReturnType<typeof Maker.remote>) => terminate(maker),
  'the last handle goes': async (maker: ReturnType<typeof Maker.remote>) => maker[Symbol.dispose](),
  exitActor: (maker: ReturnType<typeof Maker.remote>) => maker.leave().catch(() => {}),
}

for (const [way, end] of Object.entries(gracefulEnds)) {
  test(`C19 the objects of an actor that ends gracefully live on: ${way}`, async () => {
    await start()
    const [before, later] = [Keeper.remote(), Keeper.remote()]
    const maker = Maker.remote()
    const [ref] = await maker.make(20_000, 1)
    const [nested] = await maker.nested(3)
    const [small] = await maker.small({ text: 'small', list: [1, 2] })
    const [read] = await maker.make(20_000, 4)
    const [shared] = await maker.shared(30_000, 5)
    expect(checksum(await get(read))).toBe(sum(4))
    await before.keep([ref, nested])
    await later.keep([nested])
    await end(maker)
    await until(async () => {
      const views = await listObjects()
      return views.length > 0 && views.every(({ keeper, owner }) => host === 'inline' || keeper !== owner)
    }, 'all of them are with the main realm')
    expect(checksum(await get(ref))).toBe(sum(1))
    expect(checksum(await get(read))).toBe(sum(4))
    expect(checksum(await get(shared))).toBe(checksum(numbers(30_000, 5)))
    expect(await get(small)).toEqual({ text: 'small', list: [1, 2] })
    expect(checksum((await before.read()) as Float32Array)).toBe(sum(1))
    expect(await later.follow()).toBe(checksum(numbers(10_000, 3)))
    const outer = await get(nested)
    const inner = await get(outer.next)
    expect(checksum(await get(inner.next))).toBe(checksum(numbers(10_000, 3)))
    // Passed on between two that never knew their owner, one of which did not live then.
    const newcomer = Keeper.remote()
    await before.pass(newcomer)
    await before.drop()
    expect(checksum((await newcomer.read()) as Float32Array)).toBe(sum(1))
    for (const one of [ref, nested, small, read, shared, outer.next, inner.next]) one[Symbol.dispose]()
    expect(checksum((await newcomer.read()) as Float32Array)).toBe(sum(1))
    const last = Keeper.remote()
    await newcomer.pass(last)
    await newcomer.drop()
    expect(checksum((await last.read()) as Float32Array)).toBe(sum(1))
    await last.drop()
    await later.drop()
    await untilNoObjects(before, later, newcomer, last)
  })
}

workerTest('C19 a ref that comes back while its owner hands over is readable', async () => {
  await start()
  const keeper = Keeper.remote()
  const maker = Maker.remote()
  // The maker waits for this call before it ends; what it made before is handed over first.
  const [holder] = await maker.keepingPending(600)
  await keeper.keep([holder])
  holder[Symbol.dispose]()
  const ended = terminate(maker)
  const refs: ObjectRef<unknown>[] = []
  const until1s = performance.now() + 1000
  while (performance.now() < until1s) refs.push((await keeper.back())[0]!)
  await ended
  for (const ref of refs) {
    const { slow } = (await get(ref, { timeout: 5000 })) as { slow: ObjectRef<number> }
    expect(await get(slow, { timeout: 5000 })).toBe(5)
    slow[Symbol.dispose]()
    ref[Symbol.dispose]()
  }
  await keeper.drop()
  await untilNoObjects(keeper)
})

test('C19 what an actor was still computing when it ended tells so', async () => {
  await start()
  const maker = Maker.remote()
  const [soon] = await maker.pending(300)
  await terminate(maker)
  expect(await get(soon)).toBe(5)
})

test('C21 free frees an object for everyone', async () => {
  await start()
  const keeper = Keeper.remote()
  const maker = Maker.remote()
  const mine = put(numbers(20_000, 1))
  const [theirs] = await maker.make(20_000, 2)
  await keeper.keep([mine, theirs])
  free([mine, theirs])
  await expectRejects(get(mine), ObjectFreedError)
  await expectRejects(get(theirs), ObjectFreedError)
  await expectRejects(keeper.read(), ObjectFreedError)
  await until(
    async () => (await listObjects()).every(({ state }) => state === 'FREED'),
    'both are freed where they are kept',
  )
  const pending = makeLarge.remote(100_000, 1)
  free(pending)
  await expectRejects(get(pending), ObjectFreedError)
  for (const ref of [mine, theirs, pending]) ref[Symbol.dispose]()
  await keeper.drop()
  await untilNoObjects(keeper, maker)
})

test('C22 parts of a result hold refs of their own', async () => {
  await start()
  const [array, holder] = twoParts.options({ numReturns: 2 }).remote(7)
  const { ref } = await get(holder)
  holder[Symbol.dispose]()
  expect(checksum(await get(array))).toBe(checksum(numbers(5000, 7)))
  array[Symbol.dispose]()
  expect(checksum(await get(ref))).toBe(checksum(numbers(6000, 8)))
  const again = twoParts.options({ numReturns: 2 }).remote(9)
  const keeper = Keeper.remote()
  await keeper.keep([(await get(again[1])).ref])
  for (const part of again) part[Symbol.dispose]()
  expect(await keeper.sums()).toEqual([checksum(numbers(6000, 10))])
  ref[Symbol.dispose]()
  await keeper.drop()
})

test('C22 whatever way refs go round: when all are gone nothing is left', async () => {
  await start()
  const keepers = Array.from({ length: 3 }, () => Keeper.remote())
  await Promise.all(keepers.map((keeper) => ready(keeper)))
  const maker = Maker.remote()
  const refs: Numbers[] = []
  for (let i = 0; i < 10; i++) refs.push(put(numbers(3000, i)), (await maker.make(3000, i))[0])
  for (let round = 0; round < 3; round++) {
    await keepers[0]!.keep(refs)
    await keepers[0]!.pass(keepers[1]!)
    await keepers[1]!.pass(keepers[2]!)
    const back = await keepers[2]!.back()
    expect(back.map(({ id }) => id)).toEqual(refs.map(({ id }) => id))
    for (const ref of back) ref[Symbol.dispose]()
    await Promise.all(keepers.map((keeper) => keeper.drop()))
  }
  expect(await Plain.remote().echo([refs[0]])).toEqual([expect.objectContaining({ id: refs[0]!.id })])
  for (const ref of refs) ref[Symbol.dispose]()
  await untilNoObjects(maker, ...keepers)
})

test('C23 ten thousand refs', async () => {
  await start()
  const count = 10_000
  const refs = Array.from({ length: count }, (_, i) => put(i))
  const total = (count * (count - 1)) / 2
  expect((await get(refs)).reduce((all, value) => all + value, 0)).toBe(total)
  const [done, rest] = await wait(refs, { numReturns: count, timeout: 20_000 })
  expect([done.length, rest.length]).toEqual([count, 0])
  expect(await get(addAll.remote(refs))).toBe(total)
  const holder = put({ refs })
  expect(await get(addAllWithin.remote(holder))).toBe(total)
  expect(await get(countArguments.remote(...refs))).toBe(total)
  holder[Symbol.dispose]()
  for (const ref of refs) ref[Symbol.dispose]()
  await untilNoObjects()
})

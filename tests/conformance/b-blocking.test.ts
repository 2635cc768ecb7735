import { CannotBlockError, DeadlockError, get, getSync, kill, type ObjectRef, proxy, put } from 'troupe'
import { expect, test } from 'vitest'
import { Blocker, Reader, sumSync } from './actors/blocking.ts'
import { Counter } from './actors/counter.ts'
import { Mortal } from './actors/doomed.ts'
import {
  expectRejects,
  expectThrows,
  gate,
  hasSharedMemory,
  host,
  isElsewhere,
  seconds,
  start,
  testIf,
  until,
  untilNoObjects,
} from './kit.ts'

const canBlock = host !== 'inline' && hasSharedMemory
const blockTest = (title: string, body: () => Promise<void>): void => testIf(canBlock, title, body)

test('B10 getSync is refused in the main realm, with what to do instead', async () => {
  await start()
  expectThrows(() => getSync(put(1)), CannotBlockError, /await get\(ref\)/)
})

testIf(!canBlock, 'B10 getSync is refused where a worker cannot block', async () => {
  await start()
  const error = await expectRejects(Blocker.remote().ownPut(1), CannotBlockError, /await get\(ref\)/)
  expect((error as CannotBlockError).code).toBe('CANNOT_BLOCK')
})

blockTest('B10 getSync gives what is there, what others keep and what calls will give', async () => {
  await start()
  const blocker = Blocker.remote()
  const counter = Counter.remote()
  expect(await blocker.ownPut({ a: [1, new Map([['b', 2n]])] })).toEqual({ a: [1, new Map([['b', 2n]])] })
  const refs = [put('mine'), put({ deep: [1] }), put(new Float64Array(20_000).fill(3)), put(undefined)]
  expect(await blocker.read(refs)).toEqual(['mine', { deep: [1] }, new Float64Array(20_000).fill(3), undefined])
  expect(await blocker.read([])).toEqual([])
  expect(await blocker.count(counter, 5)).toEqual([1, 2, 3, 4, 5, 6])
  expect(await blocker.tasks()).toEqual([3, 40])
  expect(await blocker.fresh(10)).toEqual([11, 24])
})

blockTest('B10 getSync gives arrays in shared memory', async () => {
  await start()
  const shared = put(new Float32Array(40_000).fill(2), { shared: true })
  const [values] = (await Blocker.remote().read([shared])) as [Float32Array]
  expect(values.length).toBe(40_000)
  expect(values.every((value) => value === 2)).toBe(true)
})

blockTest('B10 getSync throws what get would', async () => {
  await start()
  const errors = await Blocker.remote().errors(Counter.remote())
  expect(errors[0]).toMatch(/^RangeError .* false boom$/)
  expect(errors[1]).toMatch(/^CustomError 7 true custom message$/)
  expect(errors[2]).toMatch(/^RangeError .* An input argument \(args\[0\]\) of add .*bad thing$/)
  expect(await Blocker.remote().misuse()).toEqual(['RangeError', 'RangeError', 'RangeError', 'RangeError'])
})

blockTest('B10 getSync has a timeout, and the value comes all the same', async () => {
  await start()
  const blocker = Blocker.remote()
  expect(await blocker.late(seconds(10), seconds(1))).toBe('GetTimeoutError 7')
  expect(await blocker.lateThenAsync(seconds(2))).toBe('GetTimeoutError 7')
})

blockTest('B10 what comes while an actor blocks runs afterwards, in its order', async () => {
  await start()
  const blocker = Blocker.remote()
  const other = Counter.remote()
  const calls = [blocker.logAround.remote(other, seconds(1)), ...['a', 'b', 'c'].map((x) => blocker.log.remote(x))]
  calls.push(blocker.logAround.remote(other, seconds(1)), blocker.log.remote('d'))
  await get(calls as never)
  expect(await blocker.logged()).toEqual(['start', 'end', 'a', 'b', 'c', 'start', 'end', 'd'])
  expect(await blocker.oneByOne(Counter.remote(), 200)).toBe(20_100)
  const door = gate()
  const heard = blocker.hears(proxy(door.pass))
  door.open()
  expect(await heard).toMatch(/heard$/)
})

blockTest('B10 blocking and awaiting by turns, no call and no answer is lost or overtaken', async () => {
  await start()
  const [counts, others] = await Promise.all([
    Blocker.remote().mixed(Counter.remote(), 40),
    Blocker.remote().mixed(Counter.remote(), 40),
  ])
  const expected = Array.from({ length: 160 }, (_, i) => i + 1)
  expect([...counts].sort((a, b) => a - b)).toEqual(expected)
  expect(others).toEqual(counts)
})

blockTest('B10 getSync gives large values', async () => {
  await start()
  expect(await Blocker.remote().large(2 ** 20)).toBe(true)
})

blockTest('B10 what only the event loop can bring is refused, and comes by get', async () => {
  await start()
  expect(await Blocker.remote().port()).toBe(host === 'node' ? 'came hello' : 'CannotBlockError hello')
})

blockTest('B10 light actors of a worker that blocks wait for it', async () => {
  await start({ numCpus: 2 })
  const lights = Array.from({ length: 6 }, () => Blocker.options({ isolation: 'shared' }).remote())
  const counter = Counter.remote()
  const sums = await Promise.all(lights.map((light) => light.oneByOne(counter, 5)))
  expect(sums.reduce((sum, value) => sum + value)).toBe((30 * 31) / 2)
})

blockTest('B10 objects of a worker that blocks are served meanwhile, and all are let go of', async () => {
  await start()
  const blocker = Blocker.remote()
  const reader = Reader.remote()
  expect(await blocker.lends(reader)).toBe(44)
  expect(await blocker.nested([put({ inner: put(5) })])).toBe(5)
  const [kept] = await blocker.keeps(Counter.remote())
  expect(await Blocker.remote().read([kept])).toEqual([1])
  kept[Symbol.dispose]()
  await untilNoObjects(blocker, reader)
})

blockTest('B10 a task that blocks lends its CPU', async () => {
  await start({ numCpus: 1 })
  expect(await get(sumSync.remote(3))).toBe(7)
})

blockTest('B10 getSync hears of the death of its callee', async () => {
  await start()
  const blocker = Blocker.remote()
  const [name, ms] = await blocker.watch(Mortal.remote())
  expect(name).toBe('ActorDiedError')
  expect(ms).toBeLessThan(10_000)
  const counter = Counter.remote()
  const started = gate()
  const watching = blocker.watchHanging(
    counter,
    proxy(async () => void started.pass()),
  )
  await started.reached
  kill(counter)
  expect(await watching).toBe('ActorDiedError')
  expect(await blocker.ping()).toBe('pong')
})

blockTest('B10 getSync of a call that only the own worker can run is a DeadlockError at once', async () => {
  await start()
  const blocker = Blocker.remote()
  const before = performance.now()
  await expectRejects(blocker.self(), DeadlockError, /Blocker\.self/)
  expect(performance.now() - before).toBeLessThan(10_000)
  expect(await blocker.ping()).toBe('pong')
})

for (const length of [2, 3, 5]) {
  blockTest(`B10 a circle of ${length} that block for each other is a DeadlockError at once`, async () => {
    await start()
    const first = Blocker.remote()
    const rest = Array.from({ length: length - 1 }, () => Blocker.remote())
    const before = performance.now()
    const error = await expectRejects(first.blockOn(rest, first), DeadlockError, /Blocker\.blockOn/)
    expect(performance.now() - before).toBeLessThan(10_000)
    expect((error as unknown as { chain: string }).chain.match(/Blocker\.blockOn/g)).toHaveLength(length)
    expect(await get([first, ...rest].map((blocker) => blocker.ping.remote()))).toEqual(
      Array.from({ length }, () => 'pong'),
    )
  })
}

blockTest('B10 blocking for the ref of a call that waits behind it is a DeadlockError at once', async () => {
  await start()
  const blocker = Blocker.remote()
  const door = gate()
  const refs: ObjectRef<string>[] = []
  const give = async (): Promise<ObjectRef<string>[]> => {
    await door.pass()
    return refs
  }
  const blocked = blocker.blockOnGiven(proxy(give) as never)
  await door.reached
  refs.push(blocker.ping.remote())
  const before = performance.now()
  door.open()
  await expectRejects(blocked, DeadlockError, /Blocker\.blockOnGiven/)
  expect(performance.now() - before).toBeLessThan(10_000)
  expect(await get(refs)).toEqual(['pong'])
})

testIf(canBlock && !isElsewhere, 'B10 getSync leaves nothing behind', async () => {
  await start()
  const blocker = Blocker.remote()
  const counter = Counter.remote()
  await until(async () => (await blocker.oneByOne(counter, 50)) > 0, 'it runs')
  await untilNoObjects(blocker)
})

import { get, kill, listObjects, ObjectStoreFullError, put, SerializationError, terminate } from 'troupe'
import { expect, test } from 'vitest'
import { clonableValues } from '../../packages/testing/src/clonable-values.ts'
import { difference } from '../../packages/testing/src/difference.ts'
import { Plain } from './actors/basics.ts'
import { checksum, Keeper, Maker, makeLarge, numbers, sumOf } from './actors/store.ts'
import { Taker } from './actors/web.ts'
import {
  expectRejects,
  expectThrows,
  hasIndexedDb,
  hasSharedMemory,
  host,
  start,
  testIf,
  until,
  untilNoObjects,
  untyped,
} from './kit.ts'

const mebibyte = 2 ** 20

test('C10 what is put does not change when its maker or a reader writes to theirs', async () => {
  await start()
  const list = [1, 2, 3]
  const array = numbers(1000, 1)
  const refs = [put(list), put(array), put({ list, array })] as const
  list[0] = 99
  array[0] = 99
  expect(await get(refs[0])).toEqual([1, 2, 3])
  expect(await get(refs[1])).toEqual(numbers(1000, 1))
  const both = await get(refs[2])
  expect(both).toEqual({ list: [1, 2, 3], array: numbers(1000, 1) })
  both.list.push(4)
  both.array[5] = -1
  const again = await get(refs[2])
  expect(again).toEqual({ list: [1, 2, 3], array: numbers(1000, 1) })
  expect(await sumOf.remote(refs[1]).id).toBeTypeOf('string')
  expect(await get(sumOf.remote(refs[1]))).toBe(checksum(numbers(1000, 1)))
})

test('C10 a shared array is seen by all, and { copy: true } gives one of its own', async () => {
  await start()
  const array = numbers(50_000, 2)
  const ref = put({ array, name: 'shared' }, { shared: true })
  array[0] = 99
  const first = await get(ref)
  const second = await get(ref)
  expect(first.array).toEqual(numbers(50_000, 2))
  expect(first.name).toBe('shared')
  expect(first.array.buffer instanceof ArrayBuffer).toBe(!hasSharedMemory)
  const own = await get(ref, { copy: true })
  expect(own.array.buffer).toBeInstanceOf(ArrayBuffer)
  own.array[7] = -5
  second.array[8] = -6
  expect((await get(ref)).array[7]).toBe(numbers(50_000, 2)[7])
  // Nobody should: this is how sharing shows.
  expect(first.array[8]).toBe(hasSharedMemory ? -6 : numbers(50_000, 2)[8])
  expect((await get(ref, { copy: true })).array[8]).toBe(hasSharedMemory ? -6 : numbers(50_000, 2)[8])
})

test('C10 sharedMemory: auto shares what is put, off copies what was to be shared', async () => {
  for (const sharedMemory of ['auto', 'off'] as const) {
    const runtime = await start({ sharedMemory })
    const shared = await get(put(numbers(50_000, 3), { shared: true }))
    const plain = await get(put(numbers(50_000, 3)))
    const isShared = sharedMemory === 'auto' && hasSharedMemory
    for (const value of [shared, plain]) expect(value.buffer instanceof ArrayBuffer).toBe(!isShared)
    expect(checksum(shared)).toBe(checksum(numbers(50_000, 3)))
    await runtime.shutdown()
  }
})

test('C11 everything that structured clone copies comes back as it was', async () => {
  await start()
  const plain = Plain.remote()
  // Errors come back as themselves and not as structured clone makes them: cases H7.
  for (const { title, make } of clonableValues.filter(({ title }) => title !== 'errors')) {
    const copies = {
      put: await get(put(make())),
      argument: await plain.echo(make()),
      ref: await get(plain.echo.remote(untyped(put(make())))),
      shared: await get(put(make(), { shared: true })),
    }
    for (const [way, copy] of Object.entries(copies))
      expect(difference(make(), copy, { sharesMemory: way === 'shared' }), `${title}, ${way}`).toBeUndefined()
  }
})

test('C11 strings of every length up to 99, large integers, empty containers', async () => {
  await start()
  const value = {
    strings: Array.from({ length: 100 }, (_, i) => 'é'.repeat(i)),
    numbers: [0, 1, -1, 0.1, 1e308, 5e-324, Number.MAX_SAFE_INTEGER, 2n ** 999n],
    empty: [[], {}, new Map(), new Set(), '', new ArrayBuffer(0)],
    nothing: [null, undefined, true, false],
  }
  expect(await get(put(value))).toEqual(value)
  expect(await get(Plain.remote().echo.remote(value))).toEqual(value)
})

test('C12 what cannot be copied is refused with the path to it', async () => {
  await start()
  const lock = { layers: [{}, { activation: () => 1 }] }
  expect(expectThrows(() => put(lock), SerializationError).path).toBe('value.layers[1].activation')
  expect(expectThrows(() => put(lock, { shared: true }), SerializationError).path).toBe('value.layers[1].activation')
  expect(expectThrows(() => put(Symbol('s')), SerializationError).path).toBe('value')
  expect(expectThrows(() => put([new WeakMap()]), SerializationError).path).toBe('value[0]')
  expect(expectThrows(() => put(new Map([['a', new Set([Promise.resolve()])]])), SerializationError).path).toMatch(/a/)
  const plain = Plain.remote()
  const refused = await expectRejects(() => plain.echo([1, lock]), SerializationError)
  expect(refused.path).toBe('args[0][1].layers[1].activation')
  await expectRejects(() => get(plain.echo.remote(untyped(() => 1))), SerializationError, /args\[0\]/)
  expect(await plain.echo('still there')).toBe('still there')
  expectThrows(() => put(untyped(put(1))), TypeError, /put\(\) of an ObjectRef/)
})

testIf(
  host !== 'chromium' || hasIndexedDb,
  'C14 more than the object memory holds goes to disk, and is read back',
  async () => {
    await start({ objectStoreMemory: 8 * mebibyte })
    const count = (2 * mebibyte) / 4
    const refs = Array.from({ length: 8 }, (_, i) => put(numbers(count, i)))
    for (const [i, ref] of refs.entries()) expect(checksum(await get(ref))).toBe(checksum(numbers(count, i)))
    const large = await listObjects({ state: 'READY' })
    expect(large.length).toBe(8)
    expect(large.filter(({ place }) => place === 'disk').length).toBeGreaterThanOrEqual(4)
    const inMemory = large.filter(({ place }) => place === 'memory').reduce((sum, { bytes }) => sum + bytes!, 0)
    expect(inMemory).toBeLessThanOrEqual(8 * mebibyte)
    // As arguments, and in another realm.
    for (const i of [0, 7]) expect(await get(sumOf.remote(refs[i]!))).toBe(checksum(numbers(count, i)))
    const keeper = Keeper.remote()
    await keeper.keep(refs)
    expect(await keeper.sums()).toEqual(refs.map((_, i) => checksum(numbers(count, i))))
    // Results are never refused either.
    const results = Array.from({ length: 6 }, (_, i) => makeLarge.remote(count, 100 + i))
    for (const [i, ref] of results.entries()) expect(checksum(await get(ref))).toBe(checksum(numbers(count, 100 + i)))
    await keeper.drop()
    for (const ref of [...refs, ...results]) ref[Symbol.dispose]()
    kill(keeper)
    await untilNoObjects()
  },
)

testIf(
  host === 'chromium' && !hasIndexedDb,
  'C14 without a place on disk what has no room is refused, and the rest goes on',
  async () => {
    await start({ objectStoreMemory: 8 * mebibyte })
    const first = put(numbers(mebibyte, 1))
    const full = expectThrows(() => put(numbers(2 * mebibyte, 2)), ObjectStoreFullError, /IndexedDB/)
    expect(full.message).toContain('objectStoreMemory')
    expect(checksum(await get(first))).toBe(checksum(numbers(mebibyte, 1)))
    first[Symbol.dispose]()
    const second = put(numbers(mebibyte, 3))
    expect(checksum(await get(second))).toBe(checksum(numbers(mebibyte, 3)))
  },
)

testIf(
  host !== 'chromium' || hasIndexedDb,
  'C14 an actor that makes more than the node may keep spills too',
  async () => {
    await start({ objectStoreMemory: 8 * mebibyte })
    const makers = [Maker.remote(), Maker.remote()]
    expect(await Promise.all(makers.map((maker) => maker.fillMemory(2 * mebibyte)))).toEqual([8, 8])
  },
)

testIf(
  host !== 'chromium' || hasIndexedDb,
  'C14 a shared value that has no room in memory is kept as an ordinary one',
  async () => {
    await start({ objectStoreMemory: 8 * mebibyte })
    const refs = [1, 2, 3].map((seed) => put({ array: numbers(mebibyte * seed, seed), seed }, { shared: true }))
    for (const [i, ref] of refs.entries()) {
      const { array, seed } = await get(ref)
      expect([seed, checksum(array)]).toEqual([i + 1, checksum(numbers(mebibyte * seed, seed))])
    }
    const inMemory = (await listObjects()).filter(({ place }) => place !== 'disk')
    expect(inMemory.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)).toBeLessThanOrEqual(9 * mebibyte)
    for (const ref of refs) ref[Symbol.dispose]()
    await untilNoObjects()
  },
)

testIf(
  host !== 'chromium' || hasIndexedDb,
  'C14 what was taken over from an actor is no copy: it is spilled, not dropped',
  async () => {
    await start({ objectStoreMemory: 8 * mebibyte })
    const maker = Maker.remote()
    const refs = await Promise.all([1, 2].map(async (seed) => (await maker.make(mebibyte / 4, seed))[0]))
    // One of them was read here before, so that there is a copy already.
    expect(checksum(await get(refs[0]!))).toBe(checksum(numbers(mebibyte / 4, 1)))
    await terminate(maker)
    await until(async () => (await listObjects()).every(({ keeper, owner }) => keeper !== owner), 'it has handed over')
    const others = Array.from({ length: 10 }, (_, i) => put(numbers(mebibyte / 2, i)))
    for (const [i, ref] of refs.entries()) expect(checksum(await get(ref))).toBe(checksum(numbers(mebibyte / 4, i + 1)))
    expect(checksum(await get(others[0]!))).toBe(checksum(numbers(mebibyte / 2, 0)))
  },
)

test('H2 what is put with transfer is moved', async () => {
  await start()
  const buffer = new Uint8Array(100_000).fill(3).buffer
  const ref = put({ buffer }, { transfer: [buffer] })
  expect(buffer.byteLength).toBe(0)
  expect((await get(ref)).buffer.byteLength).toBe(100_000)
  expect((await get(ref)).buffer.byteLength).toBe(100_000)
  expect(await Taker.remote().take((await get(ref)).buffer)).toBe(100_000)
})

test('H3 ten actors read one shared array: there is one copy of it', async () => {
  await start({ numCpus: 10 })
  const count = (16 * mebibyte) / 4
  const ref = put(numbers(count, 4), { shared: true })
  const keepers = Array.from({ length: 10 }, () => Keeper.remote())
  await Promise.all(keepers.map((keeper) => keeper.keep([ref])))
  const sums = await Promise.all(keepers.map((keeper) => keeper.sums()))
  expect(sums).toEqual(sums.map(() => [checksum(numbers(count, 4))]))
  const views = await listObjects()
  expect(views.map(({ objectId }) => objectId)).toEqual([ref.id])
  expect(views[0]).toMatchObject({ place: hasSharedMemory ? 'shared-memory' : 'memory' })
  expect(views[0]!.bytes).toBeGreaterThanOrEqual(16 * mebibyte)
  expect(views[0]!.bytes).toBeLessThanOrEqual(20 * mebibyte)
  ref[Symbol.dispose]()
  await Promise.all(keepers.map((keeper) => keeper.drop()))
  await untilNoObjects()
})

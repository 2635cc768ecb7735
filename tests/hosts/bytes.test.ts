import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBytes, toBytes } from '../../src/hosts/browser/bytes.ts'

const travel = (value: unknown): unknown => fromBytes(toBytes(value)!)

test('what is read is what structured clone gives, for anything', () => {
  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  } as never)
  fc.assert(
    fc.property(anything, (value) => {
      expect(travel(value)).toStrictEqual(structuredClone(value))
    }),
    { numRuns: 500 },
  )
})

test('numbers keep their signs and bits, strings their lone halves', () => {
  const values = [-0, 0, Number.NaN, 2 ** 31, -(2 ** 31), 2 ** 53, 1e-300, -5e9, Number.NEGATIVE_INFINITY, '\ud800x']
  expect(travel(values)).toStrictEqual(values)
  expect(Object.is((travel(values) as number[])[0], -0)).toBe(true)
  const long = 'ä'.repeat(10_000)
  expect(travel(long)).toBe(long)
})

test('what occurs twice is one thing, and circles are circles', () => {
  const shared = { a: 1 }
  const buffer = new ArrayBuffer(16)
  const value: Record<string, unknown> = { list: [shared, shared], map: new Map([[shared, 1]]) }
  value['self'] = value
  value['views'] = [new Uint8Array(buffer, 4, 2), new Float64Array(buffer, 8, 1), new DataView(buffer, 1), buffer]
  const got = travel(value) as {
    list: object[]
    map: Map<object, number>
    self: unknown
    views: [Uint8Array, Float64Array, DataView, ArrayBuffer]
  }
  expect(got.list[0]).toBe(got.list[1])
  expect(got.map.get(got.list[0]!)).toBe(1)
  expect(got.self).toBe(got)
  expect(new Set(got.views.map((view) => (view as { buffer?: ArrayBuffer }).buffer ?? view)).size).toBe(1)
  expect([got.views[0].byteOffset, got.views[0].length, got.views[2].byteLength]).toEqual([4, 2, 15])
})

test('a key that names the prototype is a key', () => {
  const value = JSON.parse('{"__proto__": {"a": 1}, "b": 2}')
  const got = travel(value) as object
  expect(Object.keys(got)).toEqual(['__proto__', 'b'])
  expect(Object.getPrototypeOf(got)).toBe(Object.prototype)
})

test('shared memory arrives as memory of its own', () => {
  const memory = new SharedArrayBuffer(8)
  new Uint8Array(memory).set([1, 2, 3])
  const got = travel({ view: new Uint8Array(memory, 1, 2) }) as { view: Uint8Array }
  expect([...got.view]).toEqual([2, 3])
  expect(got.view.buffer).toBeInstanceOf(SharedArrayBuffer)
  new Uint8Array(memory)[1] = 9
  expect([...got.view]).toEqual([2, 3])
})

test('what has no bytes is refused: a port for which nothing stands, a blob, a nest too deep', () => {
  const { port1, port2 } = new MessageChannel()
  expect(toBytes([1, port1])).toBeUndefined()
  expect(fromBytes(toBytes([1, port1], () => 7)!, (id) => ({ id }))).toEqual([1, { id: 7 }])
  port1.close()
  port2.close()
  expect(toBytes({ blob: new Blob(['x']) })).toBeUndefined()
  let deep: unknown[] = []
  for (let i = 0; i < 100_000; i++) deep = [deep]
  expect(toBytes(deep)).toBeUndefined()
})

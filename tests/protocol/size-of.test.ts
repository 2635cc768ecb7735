import { serialize } from 'node:v8'
import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../src/protocol/size-of.ts'

/** Nothing is smaller than this. */
const overhead = 64

describe('buffers and strings count exactly', () => {
  test('buffers, once each', () => {
    expect(sizeOf(new ArrayBuffer(100_000))).toBeLessThanOrEqual(100_000 + overhead)
    expect(sizeOf(new ArrayBuffer(100_000))).toBeGreaterThanOrEqual(100_000)
    expect(sizeOf(new SharedArrayBuffer(70_000))).toBeGreaterThanOrEqual(70_000)
    expect(sizeOf(new Float64Array(1000)) - 8000).toBeLessThanOrEqual(overhead)
    const buffer = new ArrayBuffer(1_000_000)
    const views = [new Uint8Array(buffer, 10, 20), new Float32Array(buffer, 0, 5), new DataView(buffer), buffer]
    expect(sizeOf(views)).toBeGreaterThanOrEqual(1_000_000)
    expect(sizeOf(views)).toBeLessThanOrEqual(1_000_000 + views.length * overhead + overhead)
  })

  test('a view counts the whole of its buffer: that is what is kept', () => {
    expect(sizeOf(new Uint8Array(new ArrayBuffer(500_000), 7, 1))).toBeGreaterThanOrEqual(500_000)
  })

  test('buffers deep inside, also behind many small parts', () => {
    const large = {
      parts: [...Array.from({ length: 300 }, (_, i) => i), { deep: new Map([['x', new Uint8Array(3e6)]]) }],
    }
    expect(sizeOf(large)).toBeGreaterThanOrEqual(3e6)
    expect(sizeOf(large)).toBeLessThanOrEqual(3e6 + 20_000)
  })

  test('many buffers in one list', () => {
    const list = Array.from({ length: 5000 }, () => new Uint8Array(10_000))
    const bytes = sizeOf(list)
    expect(bytes).toBeGreaterThanOrEqual(5000 * 10_000 * 0.95)
    expect(bytes).toBeLessThanOrEqual(5000 * (10_000 + overhead) * 1.05)
  })

  test('strings, bigints and blobs', () => {
    expect(sizeOf('x'.repeat(100_000))).toBe(200_032)
    expect(sizeOf(2n ** 80_000n)).toBeGreaterThanOrEqual(10_000)
    expect(sizeOf(2n ** 80_000n)).toBeLessThanOrEqual(10_000 + overhead)
    expect(sizeOf(new Blob(['x'.repeat(50_000)]))).toBeGreaterThanOrEqual(50_000)
    for (const small of [undefined, null, 1, true, 5n, Symbol.iterator, () => 1])
      expect(sizeOf(small)).toBeLessThanOrEqual(40)
  })
})

/** What V8's heap needs for them, roughly: 8 bytes for a slot, and what the serialized form has beside. */
const structures: Readonly<Record<string, () => unknown>> = {
  'a list of numbers': () => Array.from({ length: 50_000 }, (_, i) => i * 1.5),
  'a list of like objects': () => Array.from({ length: 20_000 }, (_, i) => ({ index: i, x: i / 3, y: -i })),
  'a list of strings': () => Array.from({ length: 20_000 }, (_, i) => `some text of the item ${i}`),
  'a map': () => new Map(Array.from({ length: 20_000 }, (_, i) => [`key ${i}`, { value: i }])),
  'a set': () => new Set(Array.from({ length: 20_000 }, (_, i) => i)),
  'an object with many keys': () => Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, [i, i]])),
  'a tree': () => tree(12),
}

function tree(depth: number): unknown {
  return depth === 0 ? { leaf: 'a leaf' } : { left: tree(depth - 1), right: tree(depth - 1), depth }
}

/** The same estimate, of every part. */
function exactly(value: unknown, seen = new Set<unknown>()): number {
  if (typeof value === 'string') return 32 + 2 * value.length
  if (typeof value !== 'object' || value === null || seen.has(value)) return 8
  seen.add(value)
  const parts = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value)
  return 32 + parts.reduce<number>((sum, part) => sum + exactly(part, seen), 0)
}

describe('structures are estimated within a factor of two', () => {
  for (const [title, make] of Object.entries(structures)) {
    test(title, () => {
      const value = make()
      const bytes = sizeOf(value)
      const exact = exactly(value)
      expect(bytes / exact, `${bytes} for ${exact}`).toBeGreaterThanOrEqual(0.5)
      expect(bytes / exact, `${bytes} for ${exact}`).toBeLessThanOrEqual(2)
      // Nor is it far from what a copy of it takes on its way.
      expect(bytes).toBeGreaterThanOrEqual(serialize(value).byteLength * 0.5)
    })
  }

  test('cycles and shared parts count once', () => {
    const part = { bytes: new Uint8Array(10_000) }
    const value: Record<string, unknown> = { a: part, b: [part, part] }
    value['self'] = value
    expect(sizeOf(value)).toBeLessThanOrEqual(10_000 + 10 * overhead)
  })
})

test('one large buffer among a thousand numbers counts', () => {
  const list: unknown[] = Array.from({ length: 1000 }, (_, i) => i)
  list.push(new Uint8Array(1e6))
  expect(sizeOf(list)).toBeGreaterThan(1e6)
  expect(sizeOf(list)).toBeLessThan(1.1e6)
})

test('a million numbers take about no time', () => {
  const list = Array.from({ length: 1e6 }, (_, i) => i)
  const bytes = sizeOf(list)
  expect(bytes).toBeGreaterThanOrEqual(8e6)
  expect(bytes).toBeLessThanOrEqual(17e6)
  const copyTimes: number[] = []
  const times: number[] = []
  for (let i = 0; i < 9; i++) {
    let start = performance.now()
    list.slice().sort((a, b) => a - b)
    copyTimes.push(performance.now() - start)
    start = performance.now()
    sizeOf(list)
    times.push(performance.now() - start)
  }
  const median = (all: number[]): number => all.sort((a, b) => a - b)[4]!
  expect(median(times)).toBeLessThan(median(copyTimes) / 10)
})

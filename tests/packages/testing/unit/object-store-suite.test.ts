import { difference, objectStoreSuite } from '@troupe/testing'
import type { ObjectStore, StoreItem, StoreReading } from 'troupe/adapter'
import { describe, expect, test } from 'vitest'
import { MemoryStore } from '../../../../src/store/memory.ts'

/** A right store but for the one thing that a fault changes. */
class FaultyStore implements ObjectStore {
  readonly kind = 'memory'
  readonly isSync = true
  readonly right = new MemoryStore()
  get usage() {
    return this.right.usage
  }
  write(items: readonly StoreItem[]): void {
    this.right.write(items.map((item) => ({ ...item, value: structuredClone(item.value) })))
  }
  read(id: string): StoreReading {
    return { value: structuredClone(this.right.read(id).value), isPrivate: true }
  }
  delete(ids: readonly string[]): void {
    this.right.delete(ids)
  }
  close(): void {
    this.right.close()
  }
}

const json = (value: unknown): unknown => {
  const text = JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? Number(part) : part))
  return text === undefined ? undefined : JSON.parse(text)
}

const faults: Readonly<Record<string, readonly [expected: string, () => ObjectStore]>> = {
  'values go through JSON': [
    'gives back maps and sets',
    () =>
      new (class extends FaultyStore {
        override read(id: string) {
          return { value: json(super.read(id).value), isPrivate: true }
        }
      })(),
  ],
  'a private reading is the kept value': [
    'gives copies that nobody else sees where it says so, as often as it is asked',
    () =>
      new (class extends FaultyStore {
        override read(id: string) {
          return { ...this.right.read(id), isPrivate: true }
        }
      })(),
  ],
  'items are written one by one': [
    'refuses an id that is taken, and keeps nothing of that write',
    () =>
      new (class extends FaultyStore {
        override write(items: readonly StoreItem[]) {
          for (const item of items) super.write([item])
        }
      })(),
  ],
  'an unknown id is undefined': [
    'rejects with ObjectLostError for an id that is not kept',
    () =>
      new (class extends FaultyStore {
        override read(id: string) {
          try {
            return super.read(id)
          } catch {
            return { value: undefined, isPrivate: true }
          }
        }
      })(),
  ],
  'deleted values are still counted': [
    'counts what it keeps, exactly',
    () =>
      new (class extends FaultyStore {
        most = 0
        override get usage() {
          this.most = Math.max(this.most, this.right.usage.bytes)
          return { count: this.right.usage.count, bytes: this.most }
        }
      })(),
  ],
  'deleting an unknown id throws': [
    'passes over ids that are not kept when it deletes, and takes an id again afterwards',
    () =>
      new (class extends FaultyStore {
        override delete(ids: readonly string[]) {
          for (const id of ids) this.right.read(id)
          super.delete(ids)
        }
      })(),
  ],
  'a close forgets nothing': [
    'forgets everything at its close, and takes nothing afterwards',
    () =>
      new (class extends FaultyStore {
        override close() {}
      })(),
  ],
  'it says that it is synchronous and is not': [
    'returns no promises where it says that it is synchronous',
    () =>
      new (class extends FaultyStore {
        override async delete(ids: readonly string[]) {
          super.delete(ids)
        }
      })(),
  ],
}

describe('the suite of object stores', () => {
  test('has nothing against a right store, but that it refuses what it cannot copy by another error', async () => {
    expect(await failures(() => new FaultyStore())).toEqual([
      'refuses what cannot be copied, names its path, and keeps nothing of that write',
    ])
  })

  test.each(Object.entries(faults))('finds it when %s', async (_, [expected, make]) => {
    expect(await failures(make)).toContain(expected)
  })
})

describe('difference', () => {
  const shared = { a: 1 }
  const buffer = new ArrayBuffer(16)
  test.each<[string, unknown, unknown]>([
    ['-0', [0], [-0]],
    ['a hole', [1, undefined], Object.assign(new Array(2), { 0: 1 })],
    ['one object made two', [shared, shared], [{ a: 1 }, { a: 1 }]],
    ['two objects made one', [{ a: 1 }, { a: 1 }], [shared, shared]],
    ['a buffer made two', [new Uint8Array(buffer), new Uint8Array(buffer)], [new Uint8Array(16), new Uint8Array(16)]],
    [
      'two buffers made one',
      [new Uint8Array(16), new Uint8Array(16)],
      [new Uint8Array(buffer), new Uint8Array(buffer)],
    ],
    ['another kind of view', new Uint8Array(8), new Int8Array(8)],
    ['another offset', new Uint8Array(buffer, 8, 4), new Uint8Array(buffer, 4, 4)],
    ['another length of the buffer', new Uint8Array(buffer, 8, 4), new Uint8Array(new ArrayBuffer(12), 8, 4)],
    ['a byte', Uint8Array.of(1, 2), Uint8Array.of(1, 3)],
    ['shared memory', new ArrayBuffer(4), new SharedArrayBuffer(4)],
    ['a missing key', { a: undefined }, {}],
    ['an own __proto__', JSON.parse('{"__proto__": 1}'), {}],
    ['a key of a map', new Map([[{ a: 1 }, 1]]), new Map([[{ a: 2 }, 1]])],
    ['the flags of an expression', /a/g, /a/],
    ['a time', new Date(1), new Date(2)],
    ['the cause of an error', new Error('a', { cause: 1 }), new Error('a', { cause: 2 })],
    ['an object of a primitive', Object(1), 1],
  ])('sees %s', (_, from, to) => {
    expect(difference(from, to)).toEqual(expect.any(String))
    expect(difference(from, structuredClone(from))).toBe(undefined)
  })

  test('allows shared memory, and longer buffers behind views, only when it is told to', () => {
    const view = new Uint8Array(new SharedArrayBuffer(100), 0, 4)
    expect(difference(new Uint8Array(4), view, { sharesMemory: true })).toBe(undefined)
    expect(difference(new ArrayBuffer(4), new SharedArrayBuffer(4), { sharesMemory: true })).toBe(undefined)
    expect(difference(new ArrayBuffer(4), new SharedArrayBuffer(8), { sharesMemory: true })).not.toBe(undefined)
    expect(difference(new Uint8Array(4), view)).not.toBe(undefined)
  })
})

async function failures(open: () => ObjectStore): Promise<string[]> {
  const failed: string[] = []
  for (const { title, run } of objectStoreSuite(open)) await run().catch(() => failed.push(title))
  return failed
}

import { describe, expect, test } from 'vitest'
import { ObjectStoreFullError, SerializationError } from '../../src/protocol/errors.ts'
import { SharedMemoryStore } from '../../src/store/shared-memory.ts'
import { SharedPool } from '../../src/store/shared-pool.ts'

const MIB = 2 ** 20
const item = (id: string, value: unknown) => ({ id, value, bytes: MIB })

describe('SharedMemoryStore', () => {
  test('values of one size use one buffer in turn', () => {
    const store = new SharedMemoryStore()
    for (let round = 0; round < 5; round++) {
      store.write([item('a', new Float32Array(MIB / 4).fill(round))])
      expect((store.read('a').value as Float32Array)[1000]).toBe(round)
      store.delete(['a'])
    }
    expect([store.pool.madeBytes, store.pool.freeBytes]).toEqual([MIB, MIB])
  })

  test('a buffer is not used again before whoever reads it is done', () => {
    const unread: [string, () => void][] = []
    const store = new SharedMemoryStore({ whenUnread: (id, _, recycle) => unread.push([id, recycle]) })
    store.write([item('a', new Uint8Array(MIB).fill(1))])
    const { value } = store.read('a')
    store.delete(['a'])
    store.write([item('b', new Uint8Array(MIB).fill(2))])
    expect((value as Uint8Array)[0]).toBe(1)
    expect(store.pool.madeBytes).toBe(2 * MIB)
    expect(unread.map(([id]) => id)).toEqual(['a'])
    unread[0]![1]()
    store.write([item('c', new Uint8Array(MIB).fill(3))])
    expect(store.pool.madeBytes).toBe(2 * MIB)
    expect((value as Uint8Array)[0]).toBe(3)
  })

  test('a write that fails in the middle gives its buffers back', () => {
    const store = new SharedMemoryStore()
    const bad = { large: new Uint8Array(MIB), callback: () => 1 }
    expect(() => store.write([item('a', new Uint8Array(MIB)), item('b', bad)])).toThrow(SerializationError)
    expect([store.pool.madeBytes, store.pool.freeBytes]).toEqual([2 * MIB, 2 * MIB])
    expect(store.usage.count).toBe(0)
  })

  test('memory that the platform does not give is ObjectStoreFullError, and what was kept stays', () => {
    class SmallPool extends SharedPool {
      override acquireExact(bytes: number): SharedArrayBuffer {
        if (this.madeBytes + bytes > 3 * MIB) throw new RangeError('Array buffer allocation failed')
        return super.acquireExact(bytes)
      }
    }
    const store = new SharedMemoryStore({ pool: new SmallPool() })
    store.write([item('a', new Uint8Array(MIB).fill(1))])
    const write = () => store.write([item('b', new Uint8Array(MIB)), item('c', new Uint8Array(4 * MIB))])
    expect(write).toThrow(ObjectStoreFullError)
    expect(write).toThrow(/4\.0 MiB/)
    expect((store.read('a').value as Uint8Array)[5]).toBe(1)
    expect([store.usage.count, store.pool.madeBytes, store.pool.freeBytes]).toEqual([1, 2 * MIB, MIB])
  })

  test('a value that is nested too deep is refused, with the cause', () => {
    let chain: unknown = 1
    for (let index = 0; index < 100_000; index++) chain = { next: chain }
    const store = new SharedMemoryStore()
    expect(() => store.write([item('a', chain)])).toThrow(SerializationError)
    expect(() => store.write([item('a', chain)])).toThrow(expect.objectContaining({ cause: expect.anything() }))
  })

  test('nothing is left in use after its close', () => {
    const store = new SharedMemoryStore()
    store.write(['a', 'b'].map((id) => item(id, [new Uint8Array(MIB), new ArrayBuffer(100_001)])))
    expect(store.pool.freeBytes).toBe(0)
    store.close()
    expect(store.pool.freeBytes).toBe(store.pool.madeBytes)
  })
})

import { expect, test } from 'vitest'
import { ObjectLostError, ObjectStoreFullError, RuntimeShutdownError } from '../../src/protocol/errors.ts'
import type { ObjectStore } from '../../src/protocol/object-store.ts'
import { LateStore } from '../../src/store/late-store.ts'
import { MemoryStore } from '../../src/store/memory.ts'

const item = (id: string) => ({ id, value: [id], bytes: 100 })

function late(load: () => Promise<ObjectStore> = async () => new MemoryStore()): { store: LateStore; loads: number[] } {
  const loads: number[] = []
  const store = new LateStore('memory', () => {
    loads.push(loads.length)
    return load()
  })
  return { store, loads }
}

test('it is loaded at the first write, once, and by nothing else', async () => {
  const { store, loads } = late()
  await expect(store.read('a')).rejects.toThrow(ObjectLostError)
  await store.delete(['a'])
  expect(store.usage).toEqual({ count: 0, bytes: 0 })
  expect(loads).toEqual([])
  await Promise.all([store.write([item('a')]), store.write([item('b')]), store.delete(['a'])])
  expect(loads).toHaveLength(1)
  expect(store.usage).toEqual({ count: 1, bytes: 100 })
  expect((await store.read('b')).value).toEqual(['b'])
  await expect(store.read('a')).rejects.toThrow(ObjectLostError)
})

test('where it cannot be loaded writes are refused by name, and the next one tries again', async () => {
  let isOnline = false
  const { store, loads } = late(async () => {
    if (!isOnline) throw new TypeError('Failed to fetch')
    return new MemoryStore()
  })
  const both = await Promise.allSettled([store.write([item('a')]), store.write([item('b')])])
  for (const one of both) {
    expect(one.status).toBe('rejected')
    expect((one as PromiseRejectedResult).reason).toBeInstanceOf(ObjectStoreFullError)
    expect((one as PromiseRejectedResult).reason.message).toMatch(/could not be loaded.*Failed to fetch/)
  }
  expect(loads).toHaveLength(1)
  await store.delete(['a'])
  isOnline = true
  await store.write([item('a')])
  expect((await store.read('a')).value).toEqual(['a'])
  expect(loads).toHaveLength(2)
})

test('one that is closed loads nothing, and one that is closed while it loads is closed then', async () => {
  const unused = late()
  await unused.store.close()
  await expect(unused.store.write([item('a')])).rejects.toThrow(RuntimeShutdownError)
  expect(unused.loads).toEqual([])

  let arrive: ((store: ObjectStore) => void) | undefined
  const { store } = late(() => new Promise((resolve) => (arrive = resolve)))
  const writing = store.write([item('a')])
  const closing = store.close()
  const inner = new MemoryStore()
  arrive!(inner)
  await writing
  await closing
  expect(inner.usage.count).toBe(0)
  await expect(store.write([item('b')])).rejects.toThrow(RuntimeShutdownError)
})

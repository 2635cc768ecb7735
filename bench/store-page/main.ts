import { openDB } from 'idb'
import { IndexedDbStore } from '../../src/store/indexeddb.ts'
import { SharedMemoryStore } from '../../src/store/shared-memory.ts'
import { newRunId } from '../../src/store/spill.ts'
import { compare } from '../ratio.ts'

const MIB = 2 ** 20
const quiet = (): void => undefined
const numbers = new Float32Array((16 * MIB) / 4).map((_, index) => index / 3)
const item = { id: 'a', value: numbers, bytes: numbers.byteLength }

globalThis.measure = async () => {
  const store = new IndexedDbStore({ runId: newRunId() })
  const database = await openDB('bare', 1, { upgrade: (made) => void made.createObjectStore('values') })
  const shared = new SharedMemoryStore()
  const target = new Float32Array(numbers.length)
  try {
    return [
      await compare(
        {
          id: 'store-indexeddb-16m',
          subject: 'IndexedDbStore',
          work: 'IndexedDbStore: write and read 16 MiB',
          comparedWith: 'put and get of idb',
          goal: 0.8,
          async own() {
            const start = performance.now()
            await store.write([item])
            const { value } = await store.read('a')
            const ms = performance.now() - start
            if ((value as Float32Array).at(-1) !== numbers.at(-1)) throw new Error('bug: it came back changed')
            await store.delete(['a'])
            return ms
          },
          async bare() {
            const start = performance.now()
            const transaction = database.transaction('values', 'readwrite', { durability: 'relaxed' })
            transaction.store.put(numbers, 'a')
            await transaction.done
            const value: Float32Array = await database.get('values', 'a')
            const ms = performance.now() - start
            if (value.at(-1) !== numbers.at(-1)) throw new Error('it came back changed')
            await database.delete('values', 'a')
            return ms
          },
        },
        quiet,
      ),
      await compare(
        {
          id: 'store-shared-16m',
          subject: 'SharedMemoryStore',
          work: 'SharedMemoryStore: put 16 MiB',
          comparedWith: 'memcpy',
          goal: 0.6,
          own() {
            const start = performance.now()
            shared.write([item])
            const ms = performance.now() - start
            shared.delete(['a'])
            return ms
          },
          bare() {
            const start = performance.now()
            target.set(numbers)
            return performance.now() - start
          },
        },
        quiet,
      ),
    ]
  } finally {
    await store.close()
    database.close()
  }
}

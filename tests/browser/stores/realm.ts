import { type ChannelCase, channelSuite, objectStoreSuite, type StoreCase } from '@troupe/testing'
import type { ObjectStore, StoreItem } from 'troupe/adapter'
import { openSpill, spillCapability } from '#spill'
import { IndexedDbStore } from '../../../src/store/indexeddb.ts'
import { cleanLeftovers } from '../../../src/store/indexeddb-runs.ts'
import { MemoryStore } from '../../../src/store/memory.ts'
import { SharedMemoryStore } from '../../../src/store/shared-memory.ts'
import { newRunId } from '../../../src/store/spill.ts'
import { MessagePortChannel } from '../../../src/transport/message-port.ts'

/** What a write or a read gave: the value's checksum, or the error. */
export interface Answer {
  readonly sum?: number
  readonly error?: { readonly name: string; readonly message: string; readonly path?: string | undefined }
}

const stores = new Map<string, ObjectStore>()

const suites: Readonly<Record<string, () => readonly (ChannelCase | StoreCase)[]>> = {
  indexeddb: () => objectStoreSuite(() => new IndexedDbStore({ runId: newRunId() })),
  'shared-memory': () => objectStoreSuite(() => new SharedMemoryStore(), { sharesMemory: true }),
  memory: () => objectStoreSuite(() => new MemoryStore(), { keepsReferences: true }),
  // Not every browser tells one end of a port that the other was closed.
  'message-port': () => channelSuite(ports, { isSilentClose: true }),
}

function ports(): [MessagePortChannel, MessagePortChannel] {
  const { port1, port2 } = new MessageChannel()
  return [new MessagePortChannel(port1), new MessagePortChannel(port2)]
}

/** What tests ask of a realm: a page, or a worker of it. Everything in and out can be cloned. */
export const realm = {
  /** Runs the compliance suite of a store, or of a channel; the titles that passed, and what the others threw. */
  async suite(kind: string): Promise<{ passed: string[]; failed: string[] }> {
    const passed: string[] = []
    const failed: string[] = []
    for (const { title, run } of suites[kind]!()) {
      await run().then(
        () => passed.push(title),
        (error: unknown) => failed.push(`${title}: ${error}`),
      )
    }
    return { passed, failed }
  },
  newRunId,
  spillCapability,
  cleanLeftovers,
  /** Opens a store as the runtime does; false where the platform has none. */
  async open(runId: string, realm = 'main', isMain = true): Promise<boolean> {
    const store = await openSpill({ runId, realm, isMain })
    if (store !== undefined) stores.set(runId, store)
    return store !== undefined
  },
  /** Opens one that is less patient, whatever the platform has. */
  openImpatiently(runId: string, openTimeoutMs: number): void {
    stores.set(runId, new IndexedDbStore({ runId, openTimeoutMs }))
  },
  async close(runId: string): Promise<void> {
    await stores.get(runId)!.close()
  },
  usage: (runId: string) => stores.get(runId)!.usage,
  /** Several writes of one turn, each of values of so many bytes by id. */
  async write(runId: string, ...writes: Readonly<Record<string, number>>[]): Promise<Answer[]> {
    const store = stores.get(runId)!
    const written = writes.map((sizes) => {
      const items = Object.entries(sizes).map(([id, bytes]): StoreItem => ({ id, value: randomBytes(bytes), bytes }))
      return answer(async () => {
        await store.write(items)
        return items.reduce((sum, { value }) => sum + checksum(value as Uint8Array), 0)
      })
    })
    return Promise.all(written)
  },
  /** Writes views over shared memory, and gives the kind of what comes back. */
  async writeShared(runId: string): Promise<string[]> {
    const store = stores.get(runId)!
    const numbers = new Float32Array(new SharedArrayBuffer(100_000), 8, 1000).fill(0.5)
    await store.write([{ id: 'shared', value: { numbers, buffer: numbers.buffer }, bytes: 100_000 }])
    const { value } = await store.read('shared')
    const read = value as { numbers: Float32Array; buffer: ArrayBuffer }
    return [
      Object.prototype.toString.call(read.buffer),
      String(read.numbers.buffer === read.buffer),
      String(read.numbers.every((number) => number === 0.5)),
      String(read.buffer.byteLength),
    ]
  },
  read: (runId: string, id: string) =>
    answer(async () => checksum((await stores.get(runId)!.read(id)).value as Uint8Array)),
  databases: async () => (await indexedDB.databases()).map(({ name }) => name).sort(),
  async deleteDatabases(): Promise<void> {
    for (const name of await this.databases()) indexedDB.deleteDatabase(name!)
  },
  async heldLocks(): Promise<string[]> {
    const { held } = await navigator.locks.query()
    return held!.map(({ name }) => name!).filter((name) => name.startsWith('troupe-store:'))
  },
  async makeDatabase(name: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.open(name)
      request.onsuccess = () => {
        request.result.close()
        resolve()
      }
      request.onerror = () => reject(request.error)
    })
  },
}
export type Realm = typeof realm

async function answer(body: () => Promise<number>): Promise<Answer> {
  try {
    return { sum: await body() }
  } catch (error) {
    const { name, message, path } = error as Error & { path?: string }
    return { error: { name, message, path } }
  }
}

// Random, because storage may be compressed.
function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

function checksum(bytes: Uint8Array): number {
  let sum = 0
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) | 0
  return sum
}

import type { ObjectStore } from '../protocol/object-store.ts'
import type { Capability } from '../protocol/platform.ts'
import { LateStore } from './late-store.ts'
import { checkRunId, type SpillOptions } from './spill.ts'

/**
 * Pages and their workers spill to IndexedDB. The main realm holds the lock of the run, and deletes in the background
 * what crashed runs have left. The others load the store when they need it.
 */
export async function openSpill(options: SpillOptions): Promise<ObjectStore | undefined> {
  checkRunId(options.runId)
  if (!spillCapability().on) return undefined
  if (options.isMain) return (await import('./indexeddb-main.ts')).openMainStore(options)
  return new LateStore('indexeddb', async () => {
    const { IndexedDbStore } = await import('./indexeddb.ts')
    return new IndexedDbStore(options)
  })
}

/** Whether values can be spilled here, and why not. A page that may not store anything learns of it at a write. */
export function spillCapability(): Capability {
  return typeof indexedDB === 'undefined' ? { on: false, why: 'this browser has no IndexedDB' } : { on: true }
}

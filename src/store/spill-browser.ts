import type { ObjectStore } from '../protocol/object-store.ts'
import type { Capability } from '../protocol/platform.ts'
import { IndexedDbStore } from './indexeddb.ts'
import { cleanLeftovers, holdRunLock } from './indexeddb-runs.ts'
import { checkRunId, type SpillOptions } from './spill.ts'

/**
 * Pages and their workers spill to IndexedDB. The main realm holds the lock of the run, and deletes in the background
 * what crashed runs have left.
 */
export async function openSpill({ runId, realm, isMain }: SpillOptions): Promise<ObjectStore | undefined> {
  checkRunId(runId)
  if (!spillCapability().on) return undefined
  if (!isMain) return new IndexedDbStore({ runId, realm, isMain })
  const release = await holdRunLock(runId)
  // A browser that refuses IndexedDB here refuses every write, and says why: no need to tell twice.
  cleanLeftovers().catch(() => {})
  return new IndexedDbStore({ runId, realm, isMain, ...(release ? { onClosed: release } : {}) })
}

/** Whether values can be spilled here, and why not. A page that may not store anything learns of it at a write. */
export function spillCapability(): Capability {
  return typeof indexedDB === 'undefined' ? { on: false, why: 'this browser has no IndexedDB' } : { on: true }
}

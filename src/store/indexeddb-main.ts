import type { ObjectStore } from '../protocol/object-store.ts'
import { IndexedDbStore } from './indexeddb.ts'
import { cleanLeftovers, holdRunLock } from './indexeddb-runs.ts'
import type { SpillOptions } from './spill.ts'

/** The store of the realm that lives as long as the run; what crashed runs have left is deleted in the background. */
export async function openMainStore({ runId, realm, isMain }: SpillOptions): Promise<ObjectStore> {
  const release = await holdRunLock(runId)
  // A browser that refuses IndexedDB here refuses every write, and says why: no need to tell twice.
  cleanLeftovers().catch(() => {})
  return new IndexedDbStore({ runId, realm, isMain, ...(release ? { onClosed: release } : {}) })
}

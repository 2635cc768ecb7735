import type { ObjectStore } from '../protocol/object-store.ts'
import type { Capability } from '../protocol/platform.ts'
import { FileStore } from './file.ts'
import { cleanLeftovers } from './run-folder.ts'
import { checkRunId, type SpillOptions } from './spill.ts'

/** Node spills to files. Leftovers of crashed runs are cleaned in the background, once, by the main realm. */
export function openSpill({ runId, realm, isMain, folder }: SpillOptions): ObjectStore | undefined {
  checkRunId(runId)
  if (isMain) {
    cleanLeftovers(folder).catch((error: unknown) => {
      process.emitWarning(`Leftovers of earlier runs could not be cleaned up: ${String(error)}`, 'TroupeWarning')
    })
  }
  return FileStore.open({ folder, runId, realm, isMain })
}

/** Whether values can be spilled here, and why not. */
export function spillCapability(): Capability {
  return { on: true }
}

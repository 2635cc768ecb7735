import { openSpill, spillCapability } from '#spill'
import type { Runtime } from './runtime.ts'

/** Gives a realm its place on disk, for objects that have no room in memory. */
export function giveSpill(runtime: Runtime, runId: string, isMain: boolean): void {
  const { memory, realmId } = runtime
  const { on, why } = spillCapability()
  if (!on) memory.spillReason = why ?? memory.spillReason
  const opened = openSpill({ runId, realm: realmId, isMain })
  if (opened instanceof Promise) memory.openSpill(opened)
  else memory.spill = opened
}

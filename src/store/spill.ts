import type { ObjectStore } from '../protocol/object-store.ts'
import type { Capability } from '../protocol/platform.ts'

/** What is told to open the store that takes what has no room in memory. */
export interface SpillOptions {
  /** The same in all realms of a run, and never used by another run: see `newRunId`. */
  readonly runId: string
  /** Tells the realms of a run apart. */
  readonly realm: string
  /** This is the realm that lives as long as the run: it cleans up after runs that crashed, and ends the run. */
  readonly isMain: boolean
  /** Where to, in Node. Default: a folder of this user among the temporary files. */
  readonly folder?: string | undefined
}

/** What a platform gives for values that have no room in memory; there is one per platform, chosen by `#spill`. */
export interface Spill {
  /**
   * Opens nothing on disk before the first value is written. Undefined where there is no such store. At once where the
   * store is synchronous.
   */
  openSpill(options: SpillOptions): ObjectStore | Promise<ObjectStore | undefined> | undefined
  spillCapability(): Capability
}

/** A name for a run that no other has; it tells when the run began. */
export function newRunId(nowMs: number = Date.now()): string {
  const chance = Array.from({ length: 3 }, () =>
    Math.floor(Math.random() * 36 ** 4)
      .toString(36)
      .padStart(4, '0'),
  )
  return `${nowMs.toString(36)}-${chance.join('')}`
}

/** When the run of that name began, if the name tells. */
export function startOfRun(runId: string): number | undefined {
  const start = /^([0-9a-z]{8,9})-[0-9a-z]{12}$/.exec(runId)?.[1]
  return start === undefined ? undefined : Number.parseInt(start, 36)
}

/** RangeError when the name was not made by `newRunId`: other names would never be cleaned up. */
export function checkRunId(runId: string): void {
  if (startOfRun(runId) === undefined) throw new RangeError(`bug: the run is called ${runId}; newRunId() makes names.`)
}

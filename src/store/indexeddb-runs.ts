import { deleteDB } from 'idb'
import { startOfRun } from './spill.ts'

const PREFIX = 'troupe:'
const DAY_MS = 24 * 60 * 60 * 1000
const DELETE_TIMEOUT_MS = 2000

/** The database of a run. */
export function databaseName(runId: string): string {
  return `${PREFIX}${runId}`
}

/** The lock by which other pages know that the run lives. */
export function lockName(runId: string): string {
  return `troupe-store:${runId}`
}

/**
 * Holds the lock of a run until the returned function is called or the realm ends. Undefined where there are no Web
 * Locks: insecure origins, sandboxed frames.
 */
export function holdRunLock(runId: string): Promise<(() => void) | undefined> {
  const { locks } = navigator
  if (locks === undefined) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    locks
      .request(lockName(runId), { mode: 'shared' }, () => new Promise<void>((release) => resolve(release)))
      .catch(() => resolve(undefined))
  })
}

/**
 * Deletes the databases of runs that have ended without it, and returns their names: those whose lock nobody holds.
 * Where there are no locks, those of runs that began more than a day ago and have no page open.
 */
export async function cleanLeftovers(nowMs: number = Date.now()): Promise<string[]> {
  // The databases first: a run holds its lock before it makes one.
  const names = (await databaseNames()).filter((name) => startOfRun(name.slice(PREFIX.length)) !== undefined)
  if (names.length === 0) return []
  const held = await heldLocks()
  const isDead = (runId: string) =>
    held === undefined ? startOfRun(runId)! < nowMs - DAY_MS : !held.has(lockName(runId))
  const removed: string[] = []
  for (const name of names) {
    if (isDead(name.slice(PREFIX.length)) && (await deleteDatabase(name))) removed.push(name)
  }
  return removed
}

/** Deletes a database; false when somebody has it open and does not let go, or the browser does not answer. */
export async function deleteDatabase(name: string): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), DELETE_TIMEOUT_MS)
  })
  try {
    return await Promise.race([deleteDB(name).then(() => true), tooLate])
  } finally {
    clearTimeout(timer)
  }
}

async function databaseNames(): Promise<string[]> {
  const databases = (await indexedDB.databases?.()) ?? []
  return databases.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name] : []))
}

async function heldLocks(): Promise<ReadonlySet<string> | undefined> {
  try {
    const { held } = await navigator.locks.query()
    return new Set(held?.map(({ name }) => name ?? ''))
  } catch {
    return undefined
  }
}

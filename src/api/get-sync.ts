import { CannotBlockError, GetTimeoutError } from '../protocol/errors.ts'
import { type BlockedFor, Blocking } from '../runtime/blocking.ts'
import { checkKeys, checkNumber } from '../runtime/checks.ts'
import { currentCallIfKnown } from '../runtime/context.ts'
import type { ObjectEntry, Reading, Stored } from '../runtime/object-entry.ts'
import { errorFor } from '../runtime/sinks.ts'
import { targetOf } from '../runtime/sync-circles.ts'
import { currentRuntime } from './current.ts'
import { entriesOf, errorOf } from './objects.ts'
import type { GetSyncOptions, ValueOf } from './types/objects.ts'
import type { ObjectRef } from './types/references.ts'

type AnyRuntime = NonNullable<ReturnType<typeof currentRuntime>>

const defaultTimeoutMs = 30_000

/**
 * The value of a ref, or of a list of refs, for code that cannot be async: the worker blocks until it is there. Throws
 * what `get` would reject with; GetTimeoutError after `timeout` milliseconds (30 000 unless said otherwise);
 * DeadlockError at once where it is certain that the value waits for this very worker; and CannotBlockError outside of
 * actors' and tasks' workers, or where there is no shared memory: use `await get(ref)` there, and wherever you can.
 */
export function getSync<const T extends ObjectRef<unknown> | readonly ObjectRef<unknown>[]>(
  refs: T,
  options: GetSyncOptions = {},
): ValueOf<T> {
  checkKeys(options, ['timeout'], 'getSync')
  checkNumber(options.timeout, { name: 'timeout', where: 'getSync', min: 0 })
  const { timeout = defaultTimeoutMs } = options
  if (timeout === Number.POSITIVE_INFINITY)
    throw new RangeError('getSync: timeout must be finite: a worker that blocks hears nothing else meanwhile.')
  const entries = entriesOf(refs, 'getSync')
  const runtime = entries[0]?.runtime ?? currentRuntime()
  checkMayBlock(runtime)
  const endMs = performance.now() + timeout
  for (const entry of entries) runtime.objects.addRef(entry, entry)
  try {
    const hasAll = settle(runtime, entries, timeout)
    const failed = firstError(entries)
    if (failed !== undefined) throw errorOf(failed)
    if (!hasAll) throw timeoutError(entries, timeout)
    const values = entries.map((entry) => runtime.values.openReading(readNow(entry, endMs - performance.now())))
    return (Array.isArray(refs) ? values : values[0]) as ValueOf<T>
  } finally {
    for (const entry of entries) runtime.objects.dropRef(entry, entry)
  }
}

function checkMayBlock(runtime: AnyRuntime | undefined): asserts runtime is AnyRuntime {
  const instead = 'Use await get(ref).'
  if (runtime === undefined || runtime.isInline || runtime.config.mainId === runtime.realmId)
    throw new CannotBlockError(
      `getSync() works in the workers of actors and tasks only: the realm it was called in starts the workers and would hold up all of them. ${instead}`,
    )
  if (typeof SharedArrayBuffer === 'undefined' || !runtime.config.sharesMemory)
    throw new CannotBlockError(
      `getSync() needs shared memory, which is off here (see capabilities(): a page needs the COOP and COEP headers, and init not { sharedMemory: 'off' }). ${instead}`,
    )
}

// Blocks until all have values or one has an error. False: not in time.
function settle(runtime: AnyRuntime, entries: readonly ObjectEntry[], timeoutMs: number): boolean {
  const isDone = (): boolean => firstError(entries) !== undefined || entries.every((entry) => entry.isSettled)
  if (isDone()) return true
  for (const entry of entries) if (!entry.isSettled) runtime.objects.fetch(entry)
  const leaseId = currentCallIfKnown()?.leaseId
  const blockedFor: BlockedFor = {
    label: label(),
    isDone,
    target: () => targetOf(runtime, entries),
    isFrom: (realm) => entries.some((entry) => !entry.isSettled && sourceOf(entry) === realm),
    isOn: (actorId) => entries.some((entry) => entry.maker?.actorId === actorId),
  }
  if (leaseId === undefined) return blocking(runtime).wait(blockedFor, timeoutMs)
  runtime.callee!.tasks.pause(leaseId)
  try {
    return blocking(runtime).wait(blockedFor, timeoutMs)
  } finally {
    resume(runtime, leaseId)
  }
}

function sourceOf({ runtime, keeper, maker }: ObjectEntry): string | undefined {
  return keeper === runtime.realmId ? maker?.callee : keeper
}

/** Of waits that are in no circle. */
const quiet: Pick<BlockedFor, 'target' | 'isFrom' | 'isOn'> = {
  target: () => undefined,
  isFrom: () => false,
  isOn: () => false,
}

// A task goes on when its CPUs are its own again, however long that takes.
function resume(runtime: AnyRuntime, leaseId: string): void {
  let isResumed = false
  runtime.callee!.tasks.goOn(leaseId, () => {
    isResumed = true
  })
  const coordinator = runtime.linkTo(runtime.config.driverId).connection
  const isDone = (): boolean => isResumed || coordinator.isClosed
  const cpus: BlockedFor = { ...quiet, label: label(), isDone }
  while (!blocking(runtime).wait(cpus, 1000));
}

function readNow(entry: ObjectEntry, leftMs: number): Reading {
  // Freed while the others were waited for.
  if (entry.state !== 'value') throw errorOf(entry)
  if (entry.kept !== undefined && entry.kept.store === undefined) return bringAgain(entry, leftMs)
  const { kept, id } = entry
  if (kept?.place === 'disk')
    throw new CannotBlockError(
      `The value of ${id} was moved to disk, and reading it takes the event loop: use await get(ref).`,
      { objectId: id },
    )
  return entry.readHere() as Reading
}

// A copy of another realm's object had to make room.
function bringAgain(entry: ObjectEntry, leftMs: number): Reading {
  const { runtime, id } = entry
  let came: { readonly stored: Stored; readonly isError: boolean } | undefined
  runtime.objects.bring(id, {
    resolve: (stored) => void (came = { stored, isError: false }),
    reject: (stored) => void (came = { stored, isError: true }),
  })
  const { keeper } = entry
  const isFrom = (realm: string): boolean => realm === keeper
  const blockedFor: BlockedFor = { ...quiet, label: label(), isDone: () => came !== undefined, isFrom }
  blocking(runtime).wait(blockedFor, leftMs)
  if (came === undefined) throw timeoutError([entry], leftMs)
  if (came.isError) throw errorFor(runtime.values, came.stored)
  return { stored: came.stored, isPrivate: true }
}

function blocking(runtime: AnyRuntime): Blocking {
  runtime.blocking ??= new Blocking(runtime)
  return runtime.blocking
}

function firstError(entries: readonly ObjectEntry[]): ObjectEntry | undefined {
  return entries.find((entry) => entry.isSettled && entry.state !== 'value')
}

function timeoutError(entries: readonly ObjectEntry[], timeout: number): GetTimeoutError {
  const { id } = entries.find((entry) => !entry.isSettled) ?? entries[0]!
  return new GetTimeoutError(
    `getSync of ${id} did not finish within ${timeout} ms; its value may still come. What needs this worker meanwhile (a callback of it, a call on an actor in it) waits for it: use await get(ref) then.`,
    { timeout },
  )
}

function label(): string {
  const call = currentCallIfKnown()
  if (call === undefined) return 'code outside of any call'
  return call.className === undefined ? call.method : `${call.className}.${call.method} (${call.actorId})`
}

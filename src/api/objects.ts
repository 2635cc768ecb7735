import { GetTimeoutError, RuntimeShutdownError } from '../protocol/errors.ts'
import { checkSignal } from '../runtime/call-options.ts'
import { checkBoolean, checkKeys, checkNumber } from '../runtime/checks.ts'
import { currentCallIfKnown } from '../runtime/context.ts'
import { ObjectEntry, type Reading } from '../runtime/object-entry.ts'
import { entryOf, isObjectRef, ObjectRef as Ref } from '../runtime/object-ref.ts'
import { isSettledSomewhere, whenSettledSomewhere } from '../runtime/settled-elsewhere.ts'
import { errorFor } from '../runtime/sinks.ts'
import { isRefStream, type ObjectRefStream as RefStream } from '../runtime/streams.ts'
import { transferMarks } from '../runtime/values.ts'
import { requireRuntime } from './current.ts'
import type { GetOptions, PutOptions, ValueOf, Waitable, WaitOptions } from './types/objects.ts'
import type { ObjectRef } from './types/references.ts'

/**
 * The value of a ref, or the values of a list of refs in the order of the list. Rejects with what the task threw, at
 * once for the first error of a list; with GetTimeoutError after `timeout` milliseconds (the value may still come).
 */
export async function get<const T extends ObjectRef<unknown> | readonly ObjectRef<unknown>[]>(
  refs: T,
  options: GetOptions = {},
): Promise<ValueOf<T>> {
  checkKeys(options, ['timeout', 'signal', 'copy'], 'get')
  checkBoolean(options.copy, 'copy', 'get')
  checkNumber(options.timeout, { name: 'timeout', where: 'get', min: 0 })
  checkSignal(options.signal, 'get')
  const entries = entriesOf(refs, 'get')
  // Held meanwhile: the refs may be disposed before the values are here.
  for (const entry of entries) entry.runtime.objects.addRef(entry, entry)
  try {
    const failed = await settled(entries, options)
    if (failed !== undefined) throw errorOf(failed)
    const values: unknown[] = []
    for (const entry of entries) {
      const reading = readingOf(entry)
      values.push(entry.runtime.values.openReading('stored' in reading ? reading : await reading, options.copy))
    }
    return (Array.isArray(refs) ? values : values[0]) as ValueOf<T>
  } finally {
    for (const entry of entries) entry.runtime.objects.dropRef(entry, entry)
  }
}

/** What is behind a ref or a list of refs; throws, with `where` as the caller's name, when they are none. */
export function entriesOf(refs: unknown, where: string): ObjectEntry[] {
  const list: readonly unknown[] = Array.isArray(refs) ? refs : [refs]
  if (!Array.isArray(refs) && !isObjectRef(refs))
    throw new RangeError(`${where}() takes an ObjectRef or a list of them, not ${describe(refs)}.`)
  return list.map((ref, index) => checkedEntry(ref, index, where))
}

function checkedEntry(ref: unknown, index: number, where: string): ObjectEntry {
  if (!isObjectRef(ref)) {
    const hint =
      typeof (ref as PromiseLike<unknown> | null)?.then === 'function'
        ? ' A direct call gives a promise: await it, or use .remote().'
        : ''
    throw new TypeError(`${where}() takes ObjectRefs; item ${index} is ${describe(ref)}.${hint}`)
  }
  const entry = entryOf(ref)
  if (entry === undefined) throw requireRuntime().objects.disposedError(ref.id)
  if (entry.runtime.isShutDown)
    throw new RuntimeShutdownError(`The ref ${ref.id} belongs to a runtime that was shut down.`)
  return entry
}

function readingOf(entry: ObjectEntry): Reading | PromiseLike<Reading> {
  // Freed while others were read.
  if (entry.state !== 'value') throw errorOf(entry)
  return entry.readHere()
}

/** What to throw for an entry without a value. */
export function errorOf(entry: ObjectEntry): unknown {
  const { values, objects } = entry.runtime
  return entry.state === 'freed' ? objects.freedError(entry) : errorFor(values, entry.stored!)
}

// Resolves when all have values (undefined) or one has an error (that one).
async function settled(
  entries: readonly ObjectEntry[],
  { timeout, signal }: GetOptions,
): Promise<ObjectEntry | undefined> {
  signal?.throwIfAborted()
  const failed = entries.find((entry) => entry.isSettled && entry.state !== 'value')
  if (failed !== undefined) return failed
  const open = entries.filter((entry) => !entry.isSettled)
  const first = open[0]
  if (first === undefined) return undefined
  const { runtime } = first
  const end = timeout === undefined && signal === undefined ? undefined : new AbortController()
  runtime.busy(1)
  try {
    const waiting = new Promise<ObjectEntry | undefined>((resolve, reject) => {
      let left = open.length
      for (const entry of open) {
        runtime.objects.fetch(entry)
        entry.whenSettled(() => {
          if (entry.state !== 'value') resolve(entry)
          else if (--left === 0) resolve(undefined)
        })
      }
      if (end !== undefined) limit({ timeout, signal }, `get of ${first.id}`, end.signal, reject)
    })
    return await outside(waiting)
  } finally {
    end?.abort()
    runtime.busy(-1)
  }
}

interface Limits {
  readonly timeout: number | undefined
  readonly signal: AbortSignal | undefined
}

function limit({ timeout, signal }: Limits, what: string, ended: AbortSignal, reject: (error: unknown) => void): void {
  if (timeout !== undefined && timeout !== Number.POSITIVE_INFINITY) {
    const timer = setTimeout(
      () =>
        reject(
          new GetTimeoutError(`${what} did not finish within ${timeout} ms; its value may still come.`, { timeout }),
        ),
      timeout,
    )
    ended.addEventListener('abort', () => clearTimeout(timer))
  }
  signal?.addEventListener('abort', () => reject(signal.reason), { signal: ended })
}

/**
 * Stores a copy of a value and returns a ref to it. `transfer` moves instead of copying; `shared` puts large arrays into
 * memory that all realms of the node read (copies where the platform has none): readers must not write to it. Throws
 * SerializationError, with the path, for what cannot be copied, and ObjectStoreFullError when there is no room.
 */
export function put<T>(value: T, options: PutOptions = {}): ObjectRef<T> {
  checkKeys(options, ['transfer', 'shared'], 'put')
  checkBoolean(options.shared, 'shared', 'put')
  if (isObjectRef(value))
    throw new TypeError(
      'put() of an ObjectRef is not allowed: it is in the store already. Put it inside an object or list to pass the ref itself.',
    )
  const runtime = requireRuntime()
  if (options.transfer !== undefined && typeof value === 'object' && value !== null)
    transferMarks.set(value, options.transfer)
  const { values, objects, memory, shared } = runtime
  const isShared = shared.isOn && (options.shared ?? runtime.config.sharesAlways)
  const { value: stored, specials } = isShared ? values.share(value, 'value') : values.snapshot(value, 'value')
  const entry = objects.create()
  try {
    memory.put(entry, { value: stored, specials })
  } catch (error) {
    values.release(specials)
    throw error
  }
  return new Ref(entry) as unknown as ObjectRef<T>
}

/**
 * Waits until `numReturns` (default 1) of the refs have a value or an error, or `timeout` milliseconds are over. Both
 * lists keep the order given; never more than `numReturns` are in `ready`. With `fetchLocal: false` a value need only
 * exist where it lives: it is not brought here before a `get`.
 */
export async function wait<R extends Waitable>(
  refs: readonly R[],
  options: WaitOptions = {},
): Promise<[ready: R[], rest: R[]]> {
  checkKeys(options, ['numReturns', 'timeout', 'signal', 'fetchLocal'], 'wait')
  if (!Array.isArray(refs)) throw new TypeError(`wait() takes a list of ObjectRefs, not ${describe(refs)}.`)
  checkBoolean(options.fetchLocal, 'fetchLocal', 'wait')
  checkNumber(options.timeout, { name: 'timeout', where: 'wait', min: 0 })
  checkSignal(options.signal, 'wait')
  const { numReturns = 1, timeout, signal, fetchLocal } = options
  const entries = fetchLocal === false ? undefined : entriesToAwait(refs)
  const items = entries ?? refs.map((ref, index) => waitable(ref, index, fetchLocal !== false))
  if (entries === undefined && new Set(items.map((item) => item.id)).size < items.length)
    throw new RangeError('wait() got the same ref twice: every ref may stand in the list once.')
  if (items.length === 0) return [[], []]
  checkNumber(numReturns, { name: 'numReturns', where: 'wait', min: 1, isInteger: true })
  if (numReturns > items.length)
    throw new RangeError(`wait: numReturns is ${numReturns}, but there are only ${items.length} refs.`)
  signal?.throwIfAborted()
  await untilReady(items, numReturns, timeout, signal)
  const ready: R[] = []
  const rest: R[] = []
  for (let i = 0; i < refs.length; i++) (ready.length < numReturns && isReady(items[i]!) ? ready : rest).push(refs[i]!)
  return [ready, rest]
}

let waitCount = 0

// Long lists are waited for again and again: nothing is made for each ref. Undefined: not only good refs, or one twice.
function entriesToAwait(refs: readonly unknown[]): ObjectEntry[] | undefined {
  const mark = ++waitCount
  const entries: ObjectEntry[] = []
  for (const ref of refs) {
    const entry = isObjectRef(ref) ? entryOf(ref) : undefined
    if (entry === undefined || entry.runtime.isShutDown || entry.lastWait === mark) return undefined
    entry.lastWait = mark
    entries.push(entry)
  }
  return entries
}

interface WaitItem {
  readonly id: string
  isReady(): boolean
  whenReady(then: () => void): void
}

function waitable(ref: unknown, index: number, isFetched: boolean): WaitItem {
  if (isRefStream(ref)) return streamItem(ref)
  if (!isObjectRef(ref)) throw new TypeError(`wait() takes ObjectRefs; item ${index} is ${describe(ref)}.`)
  const entry = checkedEntry(ref, index, 'wait')
  if (!isFetched) {
    const isReady = (): boolean => isSettledSomewhere(entry)
    return { id: entry.id, isReady, whenReady: (then) => whenSettledSomewhere(entry, then) }
  }
  return {
    id: entry.id,
    isReady: () => entry.isSettled,
    whenReady(then) {
      entry.runtime.objects.fetch(entry)
      entry.whenSettled(then)
    },
  }
}

function streamItem(stream: RefStream): WaitItem {
  return { id: stream.id, isReady: () => stream.isReadable, whenReady: (then) => stream.whenReadable(then) }
}

async function untilReady(
  items: readonly (ObjectEntry | WaitItem)[],
  count: number,
  timeout: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const open = items.filter((item) => !isReady(item))
  let missing = count - (items.length - open.length)
  if (missing <= 0) return
  const runtime = requireRuntime()
  const end = timeout === undefined && signal === undefined ? undefined : new AbortController()
  let wake: (() => void) | undefined
  const arrived = (): void => {
    if (--missing === 0) wake!()
  }
  runtime.busy(1)
  try {
    const waiting = new Promise<void>((resolve, reject) => {
      wake = resolve
      for (const item of open) whenReady(item, arrived)
      if (timeout !== undefined && timeout !== Number.POSITIVE_INFINITY) {
        const timer = setTimeout(resolve, timeout)
        end?.signal.addEventListener('abort', () => clearTimeout(timer))
      }
      if (end !== undefined) signal?.addEventListener('abort', () => reject(signal.reason), { signal: end.signal })
    })
    await outside(waiting)
  } finally {
    end?.abort()
    for (const item of open) if (item instanceof ObjectEntry) item.dropWaiter(arrived)
    runtime.busy(-1)
  }
}

function isReady(item: ObjectEntry | WaitItem): boolean {
  return item instanceof ObjectEntry ? item.isSettled : item.isReady()
}

function whenReady(item: ObjectEntry | WaitItem, then: () => void): void {
  if (!(item instanceof ObjectEntry)) return item.whenReady(then)
  item.runtime.objects.fetch(item)
  item.whenSettled(then)
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  return typeof value === 'object' || typeof value === 'function'
    ? `a ${(value as { constructor?: { name?: string } }).constructor?.name ?? typeof value}`
    : String(value)
}

// A task that waits has no CPUs meanwhile.
function outside<T>(waiting: Promise<T>): Promise<T> {
  const call = currentCallIfKnown()
  return call?.leaseId === undefined ? waiting : call.runtime.callee!.tasks.outside(call.leaseId, waiting)
}

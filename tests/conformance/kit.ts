import { type InitOptions, init, listObjects, shutdown } from 'troupe'
import { addNode } from 'troupe/adapter'
import { afterEach, expect, test } from 'vitest'

/** Where the suite runs now. */
export type HostName = 'node' | 'chromium' | 'inline'

const environment = typeof process === 'undefined' ? {} : process.env
export const host: HostName =
  typeof window !== 'undefined' ? 'chromium' : environment.TROUPE_HOST === 'inline' ? 'inline' : 'node'

/** What was taken away for this run (`--without`); the rest is what the platform has. */
export const without: string | undefined = import.meta.env?.['TROUPE_WITHOUT'] ?? environment.TROUPE_WITHOUT
export const hasSharedMemory: boolean =
  without !== 'sharedmemory' && (typeof window === 'undefined' || globalThis.crossOriginIsolated)
export const hasIndexedDb: boolean = typeof indexedDB !== 'undefined'

/** The cases' times are seconds; tests take a tenth of them: `seconds(1.5)` is 150 ms. */
export const seconds = (count: number): number => count * 100

afterEach(() => shutdown())

/** Whether actors and tasks run on another node than the driver's in this run (`--elsewhere`). */
export const isElsewhere: boolean = (import.meta.env?.['TROUPE_ELSEWHERE'] ?? environment.TROUPE_ELSEWHERE) === '1'

/** Starts the runtime that every case expects: 8 logical CPUs, 2 logical GPUs, one unit of `special`. */
export async function start(options: InitOptions = {}): ReturnType<typeof init> {
  const chosen: InitOptions = host === 'inline' ? { host: 'inline' } : {}
  const forced: InitOptions = without === 'sharedmemory' ? { sharedMemory: 'off' } : {}
  const all: InitOptions = { numCpus: 8, numGpus: 2, resources: { special: 1 }, ...chosen, ...options, ...forced }
  if (!isElsewhere) return init(all)
  const { numCpus = 8, numGpus = 2, resources = {}, labels = {}, objectStoreMemory, ...same } = all
  const memory = objectStoreMemory === undefined ? {} : { objectStoreMemory }
  const runtime = await init({ ...same, ...memory, numCpus: 0, numGpus: 0 })
  await addNode({ numCpus, numGpus, resources, labels, ...memory })
  return runtime
}

/** A case for some hosts only: elsewhere it does not exist, so that nothing is ever skipped. */
export function testOn(hosts: readonly HostName[], title: string, body: () => Promise<void>, limitMs?: number): void {
  if (hosts.includes(host)) test(title, body, limitMs)
}
/** A case whose subject must be there, or must be missing: elsewhere it does not exist. */
export function testIf(holds: boolean, title: string, body: () => Promise<void>): void {
  if (holds) test(title, body)
}
/** A case about worker deaths or parallelism, which an inline host cannot have. */
export const workerTest = (title: string, body: () => Promise<void>): void => testOn(['node', 'chromium'], title, body)

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Collects garbage for real: both hosts run with an exposed `gc`. */
export async function collectGarbage(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void }
  if (gc === undefined) throw new Error('this realm was started without --expose-gc')
  for (let i = 0; i < 5; i++) {
    gc()
    // Finalisation callbacks are tasks of their own.
    await sleep(5)
  }
}

type ErrorClass<E> = { readonly prototype: E; readonly name: string }

/** What a promise rejects with, or what a function throws, at once or later. */
export async function reasonOf(action: PromiseLike<unknown> | (() => unknown)): Promise<unknown> {
  let value: unknown
  try {
    value = await (typeof action === 'function' ? action() : action)
  } catch (reason) {
    return reason
  }
  throw new Error(`expected a rejection, got ${String(value).slice(0, 200)}`)
}

/** Expects a rejection with an error of this class, whose message matches, and gives it. */
export async function expectRejects<E>(
  action: PromiseLike<unknown> | (() => unknown),
  type: ErrorClass<E>,
  message = /(?:)/,
): Promise<E> {
  return checkError(await reasonOf(action), type, message)
}

/** Expects a synchronous throw of this class, whose message matches, and gives it. */
export function expectThrows<E>(action: () => unknown, type: ErrorClass<E>, message = /(?:)/): E {
  try {
    action()
  } catch (reason) {
    return checkError(reason, type, message)
  }
  throw new Error(`expected a throw of ${type.name}`)
}

function checkError<E>(reason: unknown, type: ErrorClass<E>, message: RegExp): E {
  // Shown when the check fails: what came instead of the expected class.
  const seen = `${reason instanceof Error ? reason.stack : String(reason)}`
  expect(reason, seen).toBeInstanceOf(type)
  expect((reason as Error).message, seen).toMatch(message)
  return reason as E
}

/** A door that one side opens and the other waits at. */
export interface Latch {
  readonly opened: Promise<void>
  open(): void
}
export function latch(): Latch {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

/** A door that tells when somebody has come to it. */
export interface Gate {
  readonly reached: Promise<void>
  open(): void
  /** Resolves when the door is open. */
  readonly pass: () => Promise<void>
}
export function gate(): Gate {
  const arrival = latch()
  const door = latch()
  const pass = (): Promise<void> => {
    arrival.open()
    return door.opened
  }
  return { reached: arrival.opened, open: door.open, pass }
}

/** Waits until a condition holds; for facts that no event tells. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, limitMs = 30_000): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`)
    await sleep(5)
  }
}

/** A value that hides its type, for wrong use that the compiler would refuse. */
export const untyped = (value: unknown): never => value as never

/** Waits until all refs are gone everywhere. Actors that made or read objects collect their garbage for it. */
export async function untilNoObjects(...actors: readonly { collect(): Promise<void> }[]): Promise<void> {
  let last: unknown
  const none = async (): Promise<boolean> => {
    await collectGarbage()
    await Promise.all(actors.map((actor) => actor.collect()))
    last = await listObjects()
    return (last as unknown[]).length === 0
  }
  await until(none, 'all objects are gone', 10_000).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}`)
  })
}

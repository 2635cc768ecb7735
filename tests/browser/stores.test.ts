import { mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium, type Page } from 'playwright'
import { build, type PreviewServer, preview } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { browserFlags, ensureChromium } from '../chromium.mjs'
import type { Answer, Realm } from './stores/realm.ts'

const MIB = 2 ** 20
/** For what happens soon, on a busy machine. */
const patient = { timeout: 20_000 }
const DAY_MS = 24 * 60 * 60 * 1000
const configFile = fileURLToPath(new URL('stores/vite.config.ts', import.meta.url))
let outDir: string
let server: PreviewServer
let url: string
// On disk: other contexts of Playwright keep storage in memory.
let profile: string
let context: BrowserContext
const problems: string[] = []

beforeAll(async () => {
  outDir = mkdtempSync(join(tmpdir(), 'troupe-stores-page-'))
  profile = mkdtempSync(join(tmpdir(), 'troupe-profile-'))
  await build({ configFile, logLevel: 'error', build: { outDir, emptyOutDir: true } })
  server = await preview({
    configFile,
    logLevel: 'error',
    build: { outDir },
    preview: { port: 0, host: '127.0.0.1' },
  })
  url = server.resolvedUrls!.local[0]!
  context = await launch()
})
afterAll(async () => {
  await context?.close()
  await server?.close()
  for (const path of [outDir, profile]) rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
})
afterEach(async () => {
  for (const page of context.pages()) await page.goto('about:blank')
  const page = await open()
  await ask(page, 'deleteDatabases')
  await expect.poll(() => ask(page, 'databases'), patient).toEqual([])
  for (const other of context.pages()) if (other !== page) await other.close()
  expect(problems.splice(0)).toEqual([])
})

describe('compliance', () => {
  for (const where of ['page', 'worker'] as const) {
    test.each(['indexeddb', 'shared-memory', 'memory', 'message-port'])(`%s in a ${where}`, async (kind) => {
      const page = await open()
      const { passed, failed } = await page.evaluate(([realm, suite]) => globalThis.stores[realm].suite(suite), [
        where,
        kind,
      ] as const)
      expect(failed).toEqual([])
      expect(passed.length).toBeGreaterThanOrEqual(30)
      expect(await ask(page, 'databases')).toEqual([])
    })
  }
})

describe('a run', () => {
  test('nothing is opened before the first write, and nothing is left after the close', async () => {
    const page = await open()
    const runId = await start(page)
    expect(await ask(page, 'heldLocks')).toEqual([`troupe-store:${runId}`])
    expect(await ask(page, 'databases')).toEqual([])
    const [written] = await ask(page, 'write', runId, { a: MIB, b: 3 })
    expect(written!.error).toBe(undefined)
    expect(await ask(page, 'databases')).toEqual([`troupe:${runId}`])
    await ask(page, 'close', runId)
    expect(await ask(page, 'databases')).toEqual([])
    await expect.poll(() => ask(page, 'heldLocks'), patient).toEqual([])
  })

  test('workers of the page use its database; the page takes it along', async () => {
    const page = await open()
    const runId = await start(page)
    const inWorker = (id: string) =>
      page.evaluate(
        async ([run, key]) => {
          const { worker } = globalThis.stores
          if (!(await worker.open(run, 'w1', false))) throw new Error('no store')
          const [written] = await worker.write(run, { [key]: 100_000 })
          return [written, await worker.read(run, key)] as const
        },
        [runId, id] as const,
      )
    const [[own], [written, read]] = await Promise.all([ask(page, 'write', runId, { same: MIB }), inWorker('same')])
    expect(read).toEqual(written)
    expect(await ask(page, 'read', runId, 'same')).toEqual(own)
    expect(own).not.toEqual(written)
    expect(await ask(page, 'databases')).toEqual([`troupe:${runId}`])
    await ask(page, 'close', runId)
    expect(await ask(page, 'databases')).toEqual([])
  })

  test('views over shared memory come back as plain buffers', async () => {
    const page = await open()
    const runId = await start(page)
    expect(await ask(page, 'writeShared', runId)).toEqual(['[object ArrayBuffer]', 'true', 'true', '100000'])
  })
})

describe('no room', () => {
  test('a write beyond the quota fails alone; what was kept is there, and later writes work', async () => {
    // A browser that has stored something already goes by what it knows of the quota, for a while.
    await context.close()
    context = await launch()
    const page = await open()
    const quota = await context.newCDPSession(page)
    const setQuota = (quotaSize: number) =>
      quota.send('Storage.overrideQuotaForOrigin', { origin: new URL(url).origin, quotaSize })
    const runId = await start(page)
    await setQuota(8 * MIB)
    const [first] = await ask(page, 'write', runId, { a: MIB })
    const [small, large] = await ask(page, 'write', runId, { b: 1000 }, { c: 1000, d: 16 * MIB })
    expect(small).toEqual({ sum: expect.any(Number) })
    expectFull(large!, /^IndexedDB did not take 16\.0 MiB: the browser lets this site keep no more/)
    expect(await ask(page, 'usage', runId)).toEqual({ count: 2, bytes: MIB + 1000 })
    expect(await ask(page, 'read', runId, 'a')).toEqual(first)
    expect(await ask(page, 'read', runId, 'b')).toEqual(small)
    for (const id of ['c', 'd']) expect((await ask(page, 'read', runId, id)).error?.name).toBe('ObjectLostError')
    await setQuota(64 * MIB)
    const [again] = await ask(page, 'write', runId, { d: 16 * MIB })
    expect(await ask(page, 'read', runId, 'd')).toEqual(again)
  })

  test('without IndexedDB there is no store, and it says why', async () => {
    const page = await open(() => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }))
    expect(await ask(page, 'spillCapability')).toEqual({ on: false, why: 'this browser has no IndexedDB' })
    expect(await page.evaluate(() => globalThis.stores.page.open(globalThis.stores.page.newRunId()))).toBe(false)
    await ask(page, 'openImpatiently', 'run', 500)
    expectFull((await ask(page, 'write', 'run', { a: 10 }))[0]!, /this browser has no IndexedDB/)
    await ask(page, 'close', 'run')
  })

  test.each([
    ['throws', () => replaceOpen(() => throwNow())],
    ['fails', () => replaceOpen((real) => real.call(indexedDB, 'x', 0.5))],
  ])('an IndexedDB whose open %s fails the write', async (_, sabotage) => {
    const page = await open(helpers, sabotage)
    const runId = await start(page)
    const answers = await ask(page, 'write', runId, { a: 10 }, { b: 10 })
    for (const answer of answers) expectFull(answer, /^IndexedDB did not take 10 bytes: .+/)
    expect(await ask(page, 'usage', runId)).toEqual({ count: 0, bytes: 0 })
    await ask(page, 'close', runId)
  })

  test('an IndexedDB that never answers fails the write in time, and serves later ones once it answers', async () => {
    const page = await open(helpers, () => replaceOpen((real, name, version) => lateOpen(real, name, version)))
    const runId = await page.evaluate(() => globalThis.stores.page.newRunId())
    await ask(page, 'openImpatiently', runId, 200)
    expectFull((await ask(page, 'write', runId, { a: 10 }))[0]!, /has not opened the database within 200 ms/)
    expectFull((await ask(page, 'write', runId, { a: 10 }))[0]!, /has not opened the database/)
    await page.evaluate(() => (globalThis as unknown as { answerNow(): void }).answerNow())
    await expect
      .poll(async () => (await ask(page, 'write', runId, { late: 10 }))[0], patient)
      .toEqual({
        sum: expect.any(Number),
      })
    await ask(page, 'close', runId)
  })
})

describe('leftovers', () => {
  test('a tab leaves those of a living tab alone, and cleans up after a closed one', async () => {
    const [first, second] = [await open(), await open()]
    const [firstRun, secondRun] = [await start(first), await start(second)]
    const [written] = await ask(first, 'write', firstRun, { a: MIB })
    await ask(second, 'write', secondRun, { a: 10 })
    expect(await ask(second, 'cleanLeftovers')).toEqual([])
    expect(await ask(first, 'read', firstRun, 'a')).toEqual(written)
    await first.close()
    await expect.poll(() => ask(second, 'cleanLeftovers'), patient).toEqual([`troupe:${firstRun}`])
    expect(await ask(second, 'databases')).toEqual([`troupe:${secondRun}`])
  })

  test('what a killed browser has left is cleaned at the next start', async () => {
    const page = await open()
    const runId = await start(page)
    await ask(page, 'write', runId, { a: MIB })
    await kill()
    context = await launch()
    const next = await open()
    expect(await ask(next, 'databases')).toEqual([`troupe:${runId}`])
    await start(next)
    await expect.poll(() => ask(next, 'databases'), patient).toEqual([])
  })

  test('databases of others are no leftovers', async () => {
    const page = await open()
    const others = ['troupe:settings', 'mine', 'troupe', 'troupe:20261101-abc']
    for (const name of others) await ask(page, 'makeDatabase', name)
    expect(await ask(page, 'cleanLeftovers')).toEqual([])
    expect(await ask(page, 'databases')).toEqual(others.sort())
  })

  test('without Web Locks, runs of the last day and runs with an open page are left alone', async () => {
    const withoutLocks = () => Object.defineProperty(navigator, 'locks', { value: undefined })
    const [page, other] = [await open(withoutLocks), await open(withoutLocks)]
    const now = Date.now()
    const runs = await page.evaluate(
      (at) => at.map((ms) => globalThis.stores.page.newRunId(ms)),
      [now - 2 * DAY_MS, now - DAY_MS / 2, now - 3 * DAY_MS],
    )
    const [old, young, oldAndOpen] = runs as [string, string, string]
    await ask(other, 'open', oldAndOpen)
    const [written] = await ask(other, 'write', oldAndOpen, { a: 1000 })
    for (const runId of [old, young]) await ask(page, 'makeDatabase', `troupe:${runId}`)
    expect(await ask(page, 'cleanLeftovers')).toEqual([`troupe:${old}`])
    expect(await ask(other, 'read', oldAndOpen, 'a')).toEqual(written)
    await other.close()
    await expect.poll(() => ask(page, 'databases'), patient).toEqual([`troupe:${young}`])
  })
})

function launch(): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, { executablePath: ensureChromium(), args: [...browserFlags] })
}

/** Opens the page, after scripts that take something of the platform away. */
async function open(...sabotage: (() => unknown)[]): Promise<Page> {
  const page = await context.newPage()
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('pageerror', (error) => problems.push(error.message))
  for (const script of sabotage) await page.addInitScript(script)
  await page.goto(url)
  await page.waitForFunction(() => 'stores' in globalThis)
  return page
}

/** Opens a store in the page as the main realm of a new run. */
async function start(page: Page): Promise<string> {
  const runId = await page.evaluate(() => globalThis.stores.page.newRunId())
  expect(await ask(page, 'open', runId)).toBe(true)
  return runId
}

type Methods = { [K in keyof Realm]: Realm[K] extends (...args: never) => unknown ? K : never }[keyof Realm]

/** Calls a function of the page's realm. */
async function ask<K extends Methods>(
  page: Page,
  method: K,
  ...args: Parameters<Realm[K]>
): Promise<Awaited<ReturnType<Realm[K]>>> {
  return (await page.evaluate(
    ([name, given]) =>
      (globalThis.stores.page as unknown as Record<string, (...all: unknown[]) => unknown>)[name]!(...given),
    [method, args] as [string, unknown[]],
  )) as Awaited<ReturnType<Realm[K]>>
}

function expectFull(answer: Answer, text: RegExp): void {
  expect(answer.error?.name).toBe('ObjectStoreFullError')
  expect(answer.error?.message).toMatch(text)
}

/** Kills the browser as a crash would. Its lock file names its process. */
async function kill(): Promise<void> {
  const pid = Number(readlinkSync(join(profile, 'SingletonLock')).split('-').at(-1))
  const closed = new Promise((resolve) => context.once('close', resolve))
  process.kill(pid, 'SIGKILL')
  await closed
}

// What follows runs in pages.
type Open = (name: string, version?: number) => IDBOpenDBRequest
declare const replaceOpen: (by: (real: Open, name: string, version?: number) => IDBOpenDBRequest) => void
declare const throwNow: () => never
declare const lateOpen: (real: Open, name: string, version?: number) => IDBOpenDBRequest

function helpers(): void {
  const real = IDBFactory.prototype.open as Open
  const globals = globalThis as unknown as Record<string, unknown>
  globals['replaceOpen'] = (by: (real: Open, name: string, version?: number) => IDBOpenDBRequest) => {
    IDBFactory.prototype.open = (name: string, version?: number) => by(real, name, version)
  }
  globals['throwNow'] = () => {
    throw new DOMException('The operation is insecure.', 'SecurityError')
  }
  // A request that is blocked by one with a higher version, until that one is closed.
  globals['lateOpen'] = (open: Open, name: string, version?: number) => {
    const blocker = open.call(indexedDB, name, version)
    blocker.onupgradeneeded = () => blocker.result.createObjectStore('values')
    blocker.onsuccess = () => {}
    const blocked = indexedDB.deleteDatabase(name)
    globals['answerNow'] = () => {
      blocker.result.close()
      return new Promise((resolve) => {
        blocked.onsuccess = resolve
      })
    }
    return open.call(indexedDB, name, version)
  }
}

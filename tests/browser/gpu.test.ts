import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright'
import { build, type PreviewServer, preview } from 'vite'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { browserFlags, ensureChromium } from '../chromium.mjs'
import type {} from './gpu/main.ts'

/** With these Chromium gives a page adapters again however often its GPU process has crashed. */
const forgiving = ['--disable-gpu-process-crash-limit', '--disable-domain-blocking-for-3d-apis']
const configFile = fileURLToPath(new URL('gpu/vite.config.ts', import.meta.url))
let outDir: string
let server: PreviewServer
let browser: Browser

beforeAll(async () => {
  outDir = mkdtempSync(join(tmpdir(), 'troupe-gpu-page-'))
  await build({ configFile, logLevel: 'error', build: { outDir, emptyOutDir: true } })
  server = await preview({ configFile, logLevel: 'error', build: { outDir }, preview: { port: 0, host: '127.0.0.1' } })
})
afterAll(async () => {
  await server?.close()
  rmSync(outDir, { recursive: true, force: true })
})
afterEach(() => browser?.close())

async function open(flags: readonly string[], maxRestarts: number): Promise<Page> {
  browser = await chromium.launch({ executablePath: ensureChromium(), args: [...browserFlags, ...flags] })
  const page = await browser.newPage()
  await page.goto(server.resolvedUrls!.local[0]!)
  await page.evaluate((count) => globalThis.gpuPage.start(count), maxRestarts)
  return page
}

const step = (page: Page): Promise<string | { steps: number; loss: number }> =>
  page.evaluate(() => globalThis.gpuPage.step())

async function crashDuringTraining(page: Page): Promise<string> {
  await page.evaluate(() => globalThis.gpuPage.train())
  const session = await browser.newBrowserCDPSession()
  // It is answered by nobody when the process is gone before it could be.
  session.send('Browser.crashGpuProcess').catch(() => {})
  return page.evaluate(() => globalThis.gpuPage.trained())
}

test('the GPU process crashes three times during training: each time the actor goes on from its checkpoint', async () => {
  const page = await open(forgiving, 3)
  let last = await step(page)
  expect(last).toMatchObject({ steps: 1 })
  for (let crash = 1; crash <= 3; crash++) {
    expect(await crashDuringTraining(page)).toMatch(
      /^GpuDeviceLostError: Trainer .* lost its device on GPU 0 .* while train/,
    )
    const next = await step(page)
    expect(next).toMatchObject({ steps: crash + 1 })
    expect((next as { loss: number }).loss).toBeLessThan((last as { loss: number }).loss)
    last = next
    expect(await page.evaluate(() => globalThis.gpuPage.gpu())).toBe('ok')
  }
  expect(await crashDuringTraining(page)).toMatch(/^GpuDeviceLostError: .* The actor is dead/)
  expect(await step(page)).toMatch(/^ActorDiedError: .* lost its device on GPU 0/)
})

test('where the browser gives no adapter any more, everything ends by name and nothing hangs', async () => {
  const page = await open([], 10)
  expect(await step(page)).toMatchObject({ steps: 1 })
  for (let crash = 1; crash <= 3; crash++) {
    expect(await crashDuringTraining(page)).toMatch(/^GpuDeviceLostError: /)
    const state = await page.evaluate(() => globalThis.gpuPage.actor())
    if (state[0] === 'RESTARTING')
      expect(state[1]).toMatch(/was lost and is asked for again|is being (started|constructed)/)
    const next = await step(page)
    if (typeof next !== 'string') {
      expect(next.steps).toBe(crash + 1)
      continue
    }
    // Its GPU did not come back within ten seconds, and it waited half a minute for another one.
    expect(next).toMatch(/^(ActorUnschedulableError|GpuDeviceLostError): /)
    if (next.startsWith('Actor')) expect(next).toMatch(/GPU 0 of .* was lost and did not come back/)
    expect(await page.evaluate(() => globalThis.gpuPage.gpu())).toBe('gone')
    return
  }
})

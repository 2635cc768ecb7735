import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'
import { build, preview } from 'vite'
import { browserFlags, ensureChromium } from '../tests/chromium.mjs'
import type { Outcome } from './ratio.ts'

/** The contests of the page in bench/store-page, in a Chromium that stores on disk. */
export async function compareInBrowser(): Promise<Outcome[]> {
  const [outDir, profile] = ['page', 'profile'].map((name) => mkdtempSync(join(tmpdir(), `troupe-bench-${name}-`)))
  const configFile = fileURLToPath(new URL('store-page/vite.config.ts', import.meta.url))
  const common = { configFile, logLevel: 'error' as const }
  await build({ ...common, build: { outDir: outDir!, emptyOutDir: true } })
  const server = await preview({ ...common, build: { outDir: outDir! }, preview: { port: 0, host: '127.0.0.1' } })
  // Not in a plain context of Playwright: those keep their storage in memory.
  const context = await chromium.launchPersistentContext(profile!, {
    executablePath: ensureChromium(),
    args: [...browserFlags],
  })
  try {
    const page = await context.newPage()
    await page.goto(server.resolvedUrls!.local[0]!)
    await page.waitForFunction(() => 'compareStores' in globalThis)
    return await page.evaluate(() => globalThis.compareStores())
  } finally {
    await context.close()
    await server.close()
    for (const path of [outDir!, profile!]) rmSync(path, { recursive: true, force: true, maxRetries: 5 })
  }
}

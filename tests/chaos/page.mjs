// Runs the programs in Chromium: builds their page, serves it, and prints what it tells.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { build, preview } from 'vite'
import { browserFlags, ensureChromium } from '../chromium.mjs'
import { root } from '../steps.mjs'
import { watchHeaps } from './heaps.mjs'

/**
 * Runs one program with its options on a page that `listen` has given its functions.
 * @param {'runChaos' | 'runLeaks'} program
 * @param {object} options
 * @param {Record<string, (value: never) => unknown>} listeners
 */
export async function runInPage(program, options, listeners) {
  const outDir = mkdtempSync(join(tmpdir(), 'troupe-chaos-page-'))
  const common = { configFile: join(root, 'tests/chaos/vite.config.ts'), logLevel: 'error' }
  let server
  let browser
  try {
    await build({ ...common, build: { outDir, emptyOutDir: true } })
    server = await preview({ ...common, build: { outDir }, preview: { port: 0, host: '127.0.0.1' } })
    browser = await chromium.launch({
      executablePath: ensureChromium(console.log),
      args: [...browserFlags, '--js-flags=--expose-gc'],
    })
    const page = await browser.newPage()
    page.on('console', (message) => console.log(`[page] ${message.text()}`))
    page.on('pageerror', (error) => console.error(`[page] ${error.stack}`))
    const measureHeaps = await watchHeaps(page)
    for (const [name, listener] of Object.entries({ ...listeners, measureHeaps }))
      await page.exposeFunction(name, listener)
    await page.goto(server.resolvedUrls.local[0])
    await page.waitForFunction((name) => typeof globalThis[name] === 'function', program)
    return await page.evaluate(([name, given]) => globalThis[name](given), [program, options])
  } finally {
    await browser?.close()
    await server?.close()
    rmSync(outDir, { recursive: true, force: true })
  }
}

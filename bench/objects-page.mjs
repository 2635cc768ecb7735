// node bench/objects-page.mjs [rounds]: measures objects on a built, cross-origin isolated page in Chromium.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { build, preview } from 'vite'
import { browserFlags, ensureChromium } from '../tests/chromium.mjs'
import { root } from '../tests/steps.mjs'

const outDir = mkdtempSync(join(tmpdir(), 'troupe-bench-page-'))
const common = { configFile: join(root, 'bench/vite.config.ts'), logLevel: 'error' }
let server
let browser
try {
  await build({ ...common, build: { outDir, emptyOutDir: true } })
  server = await preview({ ...common, build: { outDir }, preview: { port: 0, host: '127.0.0.1' } })
  browser = await chromium.launch({
    executablePath: ensureChromium(console.error),
    args: [...browserFlags, '--js-flags=--expose-gc'],
  })
  const page = await browser.newPage()
  page.on('pageerror', (error) => console.error(error.stack))
  await page.goto(`${server.resolvedUrls.local[0]}objects.html`)
  await page.waitForFunction(() => typeof globalThis.runObjects === 'function')
  console.log(await page.evaluate((rounds) => globalThis.runObjects(rounds), Number(process.argv[2] ?? 40)))
} finally {
  await browser?.close()
  await server?.close()
  rmSync(outDir, { recursive: true, force: true })
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium } from 'playwright'
import { build, defaultClientConditions, type InlineConfig, type Plugin, preview } from 'vite'
import { troupe } from '../packages/vite/src/index.ts'
import { browserFlags, ensureChromium } from '../tests/chromium.mjs'
import type { Measured } from './row.ts'

declare global {
  /** What a page of bench/*-page measures. */
  var measure: (choice: PageChoice) => Promise<Measured[]>
  /** What the page is at. */
  var tellProgress: (text: string) => Promise<void>
}

/** What of it to measure, where the page can leave something out. */
export interface PageChoice {
  readonly only: readonly string[]
  readonly isQuick: boolean
}

export interface PageOptions extends Partial<PageChoice> {
  /** Cross-origin isolated, as pages need to be for shared memory. Default true. */
  readonly isIsolated?: boolean
  readonly onProgress?: (text: string) => void
}

/** Builds the page in a folder of bench/, opens it in Chromium, and has it measure. */
export async function measureInPage(
  folder: string,
  { isIsolated = true, onProgress = () => {}, only = [], isQuick = false }: PageOptions = {},
): Promise<Measured[]> {
  const [outDir, profile] = ['page', 'profile'].map((name) => mkdtempSync(join(tmpdir(), `troupe-bench-${name}-`)))
  const config: InlineConfig = {
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL(folder, import.meta.url)),
    plugins: [troupe({ isolation: isIsolated }), slowAnswers()],
    resolve: { conditions: ['troupe-source', ...defaultClientConditions] },
    build: { outDir: outDir!, emptyOutDir: true, target: 'esnext' },
    preview: { port: 0, host: '127.0.0.1' },
  }
  await build(config)
  const server = await preview(config)
  // Not in a plain context of Playwright: those keep their storage in memory.
  const context = await chromium.launchPersistentContext(profile!, {
    executablePath: ensureChromium(),
    args: [...browserFlags, '--js-flags=--expose-gc'],
  })
  try {
    const page = await context.newPage()
    page.on('pageerror', (error) => console.error(error.stack))
    await page.exposeFunction('tellProgress', onProgress)
    await page.exposeFunction('cpuMs', await rendererClock(context))
    await page.goto(server.resolvedUrls!.local[0]!)
    await page.waitForFunction((wanted) => 'measure' in globalThis && crossOriginIsolated === wanted, isIsolated)
    return await page.evaluate((choice) => globalThis.measure(choice), { only, isQuick })
  } finally {
    await context.close()
    await server.close()
    for (const path of [outDir!, profile!]) rmSync(path, { recursive: true, force: true, maxRetries: 5 })
  }
}

// CPU time of all processes with pages: there is one page besides the empty one of the start.
async function rendererClock(context: BrowserContext): Promise<() => Promise<number>> {
  const session = await context.browser()!.newBrowserCDPSession()
  return async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo')
    return 1000 * processInfo.reduce((sum, { type, cpuTime }) => sum + (type === 'renderer' ? cpuTime : 0), 0)
  }
}

/** `/slow?ms=100` is answered then: a page that asks synchronously is blocked meanwhile and takes no CPU. */
function slowAnswers(): Plugin {
  return {
    name: 'slow-answers',
    configurePreviewServer({ middlewares }) {
      middlewares.use('/slow', ({ url }, response) => {
        response.setHeader('Cache-Control', 'no-store')
        setTimeout(() => response.end(), Number(new URL(url!, 'http://page').searchParams.get('ms')))
      })
    },
  }
}

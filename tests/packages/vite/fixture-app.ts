import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright'
import type { InlineConfig } from 'vite'
import { troupe } from '../../../packages/vite/src/index.ts'
import { browserFlags, findChromium } from '../../chromium.mjs'

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url))

/** A fresh copy of the fixture app with its packages in node_modules, outside of this repository. */
export function createApp(): { root: string; remove(): void } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'vite-app-')))
  cpSync(join(fixtures, 'vite-app'), root, { recursive: true })
  cpSync(join(fixtures, 'vite-packages'), join(root, 'node_modules'), { recursive: true })
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) }
}

/** The app's Vite configuration. */
export function appConfig(root: string, more: InlineConfig = {}): InlineConfig {
  return {
    root,
    configFile: false,
    logLevel: 'warn',
    plugins: [troupe()],
    resolve: { alias: { '@': join(root, 'src') } },
    define: { __FROM_CONFIG__: JSON.stringify('yes') },
    ...more,
  }
}

export async function launch(): Promise<Browser> {
  const executablePath = findChromium()
  return chromium.launch({ ...(executablePath ? { executablePath } : {}), args: [...browserFlags] })
}

/** Opens a page and waits for what the app has found out; rejects with the page's first error. */
export async function runApp(browser: Browser, url: string): Promise<{ page: Page; results: Record<string, unknown> }> {
  const page = await browser.newPage()
  const failed = new Promise<never>((_, reject) => {
    page.on('pageerror', (error) => reject(new Error(`in the page: ${error.stack ?? error.message}`)))
    page.on(
      'console',
      (line) => line.type() === 'error' && reject(new Error(`console: ${line.text()} ${line.location().url}`)),
    )
  })
  await Promise.race([page.goto(url), failed])
  await Promise.race([page.waitForFunction(() => 'results' in globalThis, undefined, { timeout: 30_000 }), failed])
  const results = await page.evaluate(() => (globalThis as unknown as { results: Record<string, unknown> }).results)
  return { page, results }
}

const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.svg': 'image/svg+xml' }

/** The port that a server listens on. */
export function portOf(server: { address(): unknown } | null): number {
  const address = server?.address() as AddressInfo | null | undefined
  if (!address) throw new Error('the server does not listen')
  return address.port
}

/** Serves files below a path, as any web server does; without isolation headers. */
export async function serveFiles(dir: string, base: string): Promise<{ url: string; server: Server }> {
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    const file = path.startsWith(base) ? path.slice(base.length) || 'index.html' : undefined
    try {
      if (file === undefined) throw new Error('outside of the base')
      const content = await readFile(join(dir, file))
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(content)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${portOf(server)}${base}`, server }
}

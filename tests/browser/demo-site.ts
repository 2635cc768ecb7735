import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright'
import { build, createServer } from 'vite'
import { browserFlags, ensureChromium } from '../chromium.mjs'

const configFile = fileURLToPath(new URL('../../vite.config.ts', import.meta.url))

/** A demo site that is served. */
export interface Site {
  /** The address of the start page, with a slash at its end. */
  readonly url: string
  close(): Promise<void>
}

/** The site as `vite` serves it while one works on it. */
export async function serveSource(): Promise<Site> {
  const cacheDir = mkdtempSync(join(tmpdir(), 'troupe-vite-'))
  const server = await createServer({
    configFile,
    cacheDir,
    logLevel: 'error',
    server: { port: 0, hmr: false, watch: null },
  })
  await server.listen()
  return {
    url: server.resolvedUrls!.local[0]!,
    async close() {
      await server.close()
      rmSync(cacheDir, { recursive: true, force: true })
    },
  }
}

/** The built site as plain files in a folder of some host, which sends no special headers. */
export async function serveBuilt(subPath = '/some/sub/path/'): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-site-'))
  await build({ configFile, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } })
  const server = createHttpServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname)
    const file = path.startsWith(subPath) ? fileFor(folder, path.slice(subPath.length)) : undefined
    if (file === undefined) return response.writeHead(404).end('not found')
    response.writeHead(200, { 'content-type': contentTypes[extname(file)] ?? 'application/octet-stream' })
    return createReadStream(file).pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${subPath}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export interface BrowserOptions {
  /** WebGPU, on a software adapter; true unless left out. */
  readonly webgpu?: boolean
  /** Pages are drawn by a GPU, a software one, so that WebGPU can draw to a canvas. */
  readonly drawnByGpu?: boolean
}

/** What draws pages by Vulkan, in software. */
const vulkanFlags = [
  '--ignore-gpu-blocklist',
  '--use-angle=swiftshader',
  '--use-vulkan=swiftshader',
  '--enable-features=Vulkan',
]

/** A headless Chromium. */
export function launchChromium({ webgpu = true, drawnByGpu = false }: BrowserOptions = {}): Promise<Browser> {
  const args = browserFlags.filter((flag) => webgpu || flag !== '--enable-unsafe-webgpu')
  if (drawnByGpu) args.push(...vulkanFlags)
  return chromium.launch({ executablePath: ensureChromium(), args })
}

/** Collects whatever goes wrong on a page: console errors, exceptions nobody caught, and answers like 404. */
export function watchProblems(page: Page): string[] {
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`))
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`)
  })
  return problems
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

function fileFor(folder: string, path: string): string | undefined {
  const file = join(folder, normalize(`/${path}`), path === '' || path.endsWith('/') ? 'index.html' : '')
  return existsSync(file) && statSync(file).isFile() ? file : undefined
}

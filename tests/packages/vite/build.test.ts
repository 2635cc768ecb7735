import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright'
import { build, preview } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { troupe } from '../../../packages/vite/src/index.ts'
import { appConfig, createApp, launch, portOf, runApp, serveFiles } from './fixture-app.ts'

const app = createApp()
const dist = join(app.root, 'dist')
const closers: (() => unknown)[] = []
let browser: Browser

beforeAll(async () => {
  browser = await launch()
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})
afterAll(async () => {
  await browser.close()
  app.remove()
})

const expected = {
  counter: [6, 16],
  task: 3,
  far: 'far',
  deep: 'deep true',
  ping: 'ping @fixture/app@2:src/circular/pong#Pong',
  late: 'late yes',
  lateInOldWorker: true,
  defined: 'yes',
}

function scripts(): { name: string; code: string }[] {
  const folder = join(dist, 'assets')
  const names = readdirSync(folder).filter((name) => name.endsWith('.js'))
  return names.map((name) => ({ name, code: readFileSync(join(folder, name), 'utf8') }))
}

describe.each([
  { base: './', at: '/some/where/' },
  { base: '/sub/', at: '/sub/' },
])('a build with base $base', ({ base, at }) => {
  test('runs as static files below a path', async () => {
    await build(appConfig(app.root, { base }))
    const { url, server } = await serveFiles(dist, at)
    closers.push(() => server.close())
    const { page, results } = await runApp(browser, url)
    expect(results).toMatchObject({ ...expected, isolated: false })
    expect(results.realm).toMatchObject({ copies: 1, document: 'undefined', factory: 'undefined' })
    await page.close()
  })
})

test('the worker has a lazy chunk per actor module of the graph, and nothing of the page', async () => {
  await build(appConfig(app.root, { build: { minify: false } }))
  const worker = scripts().find(({ name }) => name.startsWith('troupe-worker-'))
  const ids = Array.from(worker?.code.matchAll(/^\s*"([^"]+)": /gm) ?? [], ([, id]) => id)
  expect(ids.sort()).toEqual([
    '@fixture/app@2:src/actors/deep',
    '@fixture/app@2:src/circular/ping',
    '@fixture/app@2:src/circular/pong',
    '@fixture/app@2:src/counter',
    '@fixture/app@2:src/late',
    'actor-lib@1:lib/far',
  ])
  expect(worker?.code).not.toContain('PAGE_ONLY_CODE')
  const chunks = reachable(worker?.name ?? '')
  expect([...chunks].filter((name) => !name.startsWith('troupe-worker-')).length).toBeGreaterThanOrEqual(5)
  for (const { name, code } of scripts()) {
    expect(code).not.toContain('UNUSED_ACTOR')
    expect(code).not.toContain('TROUPE_WORKER_FILE')
    if (chunks.has(name)) expect(code).not.toContain('PAGE_ONLY_CODE')
    if (chunks.has(name)) expect(code).not.toContain('document.')
  }
})

function reachable(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen
  seen.add(name)
  const code = scripts().find((script) => script.name === name)?.code ?? ''
  for (const [, next] of code.matchAll(/["'`]\.\/([\w.-]+\.js)["'`]/g)) reachable(next ?? '', seen)
  return seen
}

test('preview sends the isolation headers, and none with isolation: false', async () => {
  await build(appConfig(app.root))
  for (const isolation of [true, false]) {
    const server = await preview(
      appConfig(app.root, { plugins: [troupe({ isolation })], preview: { host: '127.0.0.1', port: 0 } }),
    )
    closers.push(() => server.close())
    const port = portOf(server.httpServer)
    const { page, results } = await runApp(browser, `http://127.0.0.1:${port}/`)
    expect(results).toMatchObject({ ...expected, isolated: isolation })
    await page.close()
  }
})

test('a change that only the worker sees changes its name and that of the chunk which starts it', async () => {
  const names = async () => {
    await build(appConfig(app.root))
    const all = scripts()
    const worker = all.find(({ name }) => name.startsWith('troupe-worker-'))?.name ?? ''
    return { worker, page: all.find(({ name, code }) => name !== worker && code.includes(worker))?.name }
  }
  const before = await names()
  const path = join(app.root, 'node_modules/troupe/worker.js')
  const code = await readFile(path, 'utf8')
  await writeFile(path, code.replace('export function serve', 'self.marked = true\nexport function serve'))
  const after = await names()
  await writeFile(path, code)
  expect(before.worker).toMatch(/^troupe-worker-/)
  expect(before.page).toBeDefined()
  expect(after.worker).not.toBe(before.worker)
  expect(after.page).not.toBe(before.page)
})

test("the worker is an ES module with the user's own worker plugins, whatever worker.format says", async () => {
  const seen: string[] = []
  const own = { name: 'own', transform: (_: string, id: string) => void seen.push(id) }
  await build(appConfig(app.root, { worker: { format: 'iife', plugins: () => [own] } }))
  expect(seen.some((id) => id.endsWith('/src/counter.ts'))).toBe(true)
  const { url, server } = await serveFiles(dist, '/')
  closers.push(() => server.close())
  const { page, results } = await runApp(browser, url)
  expect(results).toMatchObject(expected)
  await page.close()
})

test('source maps of the page lead to the sources', async () => {
  await build(appConfig(app.root, { build: { sourcemap: true } }))
  const maps = readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.js.map'))
  const sources = maps.flatMap(
    (name) => JSON.parse(readFileSync(join(dist, 'assets', name), 'utf8')).sources as string[],
  )
  expect(sources.filter((source) => source.endsWith('src/counter.ts')).length).toBeGreaterThanOrEqual(2)
})

test('a build with two definitions of one id fails with the names of both files', async () => {
  const other = createApp()
  closers.push(() => other.remove())
  await cp(join(other.root, 'src/late.ts'), join(other.root, 'src/late.tsx'))
  await writeFile(join(other.root, 'src/main.ts'), `import './late.ts'\nimport './late.tsx'\n`)
  await expect(build(appConfig(other.root, { logLevel: 'silent' }))).rejects.toThrow(
    /same id @fixture\/app@2:src\/late#Late: one in .*late\.tsx?, one in .*late\.tsx?/,
  )
})

test('a build without Troupe gets no worker', async () => {
  const other = createApp()
  closers.push(() => other.remove())
  await writeFile(join(other.root, 'src/main.ts'), `document.title = 'plain'\n`)
  await build(appConfig(other.root))
  expect(readdirSync(join(other.root, 'dist/assets')).filter((name) => name.includes('worker'))).toEqual([])
})

test('an actor in a script of an HTML file is refused with what to do', async () => {
  const html = join(app.root, 'inline.html')
  writeFileSync(html, `<script type="module">import { actor } from 'troupe'; export const A = actor(class {})</script>`)
  await expect(
    build(appConfig(app.root, { logLevel: 'silent', build: { rolldownOptions: { input: html } } })),
  ).rejects.toThrow(
    /script inside .*inline\.html defines an actor or task, which no worker can load\. Move it to a module of its own\./,
  )
})

test('a library build keeps import.meta and gets no worker', async () => {
  const lib = { entry: join(app.root, 'src/counter.ts'), formats: ['es' as const] }
  const result = await build(
    appConfig(app.root, { build: { lib, write: false, minify: false, rolldownOptions: { external: ['troupe'] } } }),
  )
  const { output } = [result].flat()[0] as { output: { fileName: string; code?: string }[] }
  expect(output).toHaveLength(1)
  expect(output[0]?.code?.match(/import\.meta/g)).toHaveLength(2)
})

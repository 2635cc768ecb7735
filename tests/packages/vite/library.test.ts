import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright'
import { build, createServer, defaultClientConditions, type InlineConfig } from 'vite'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { appConfig, createApp, launch, portOf, runApp, serveFiles } from './fixture-app.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const app = createApp()
const closers: (() => unknown)[] = []
let browser: Browser

beforeAll(async () => {
  const place = join(app.root, 'node_modules/troupe')
  rmSync(place, { recursive: true })
  symlinkSync(repository, place, 'dir')
  browser = await launch()
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})
afterAll(async () => {
  await browser.close()
  app.remove()
})

const results = {
  counters: [6, 6, 6, 6],
  direct: 16,
  task: 13,
  far: 'far',
  deep: 'deep true',
  ping: expect.stringMatching(/^ping/),
  late: 'late yes',
}

function config(more: InlineConfig): InlineConfig {
  const base = appConfig(app.root)
  return { ...base, resolve: { ...base.resolve, conditions: ['troupe-source', ...defaultClientConditions] }, ...more }
}

test('the library runs the actors of an app from the dev server', async () => {
  const server = await createServer(
    config({ server: { host: '127.0.0.1', port: 0, fs: { allow: [app.root, repository] } } }),
  )
  closers.push(() => server.close())
  await server.listen()
  const { page, results: found } = await runApp(browser, `http://127.0.0.1:${portOf(server.httpServer)}/troupe.html`)
  expect(found).toEqual(results)
  await page.close()
})

test('the library runs the actors of a built app below a path', async () => {
  await build(config({ base: './', build: { rolldownOptions: { input: join(app.root, 'troupe.html') } } }))
  const { url, server } = await serveFiles(join(app.root, 'dist'), '/below/')
  closers.push(() => server.close())
  const { page, results: found } = await runApp(browser, `${url}troupe.html`)
  expect(found).toEqual(results)
  await page.close()
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright'
import { createServer, type ViteDevServer } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { appConfig, createApp, launch, portOf, runApp } from './fixture-app.ts'

const app = createApp()
let browser: Browser
let server: ViteDevServer | undefined

beforeAll(async () => {
  browser = await launch()
})
afterAll(async () => {
  await browser.close()
  await server?.close()
  app.remove()
})

async function start(base = '/'): Promise<string> {
  await server?.close()
  server = await createServer(appConfig(app.root, { base, server: { host: '127.0.0.1', port: 0 } }))
  await server.listen()
  return `http://127.0.0.1:${portOf(server.httpServer)}${base}`
}

test('the dev server runs actors of all kinds of modules in workers', async () => {
  const url = await start()
  const { page, results } = await runApp(browser, url)
  expect(results).toMatchObject({
    counter: [6, 16],
    task: 3,
    far: 'far',
    deep: 'deep true',
    ping: 'ping @fixture/app@2:src/circular/pong#Pong',
    late: 'late yes',
    lateInOldWorker: true,
    isolated: true,
    defined: 'yes',
  })
  const loaded = (results.realm as { loaded: string[] }).loaded
  expect(loaded.some((address) => address.includes('virtual:troupe/module'))).toBe(true)
  expect(loaded.filter((address) => address.includes('@vite/client'))).toEqual([])
  expect(results.realm).toMatchObject({ name: 'worker 0', copies: 1, document: 'undefined', factory: 'undefined' })
  await page.close()
})

test('a page that is loaded again, also after a restart of the server, works', async () => {
  const url = await start()
  const { page } = await runApp(browser, url)
  await page.reload()
  await page.waitForFunction(() => 'results' in globalThis)
  const port = new URL(url).port
  await server?.close()
  server = await createServer(appConfig(app.root, { server: { host: '127.0.0.1', port: Number(port) } }))
  await server.listen()
  await page.reload()
  await page.waitForFunction(() => 'results' in globalThis)
  expect(await page.evaluate(() => (globalThis as unknown as { results: unknown }).results)).toMatchObject({
    far: 'far',
  })
  await page.close()
})

test('the dev server works below a base', async () => {
  const { page, results } = await runApp(browser, await start('/sub/'))
  expect(results).toMatchObject({ counter: [6, 16], far: 'far' })
  await page.close()
})

test('a change of an actor module reloads the page, and new workers run the new code', async () => {
  const { page } = await runApp(browser, await start())
  const loaded = page.waitForEvent('load')
  const path = join(app.root, 'src/circular/ping.ts')
  writeFileSync(path, readFileSync(path, 'utf8').replace('`ping ', '`changed ping '))
  await loaded
  await page.waitForFunction(() => 'results' in globalThis)
  const results = await page.evaluate(() => (globalThis as unknown as { results: unknown }).results)
  expect(results).toMatchObject({ ping: expect.stringMatching(/^changed ping /) })
  await page.close()
})

test('all that the server sends carries the isolation headers, the worker too', async () => {
  const url = await start()
  for (const path of ['', 'src/main.ts', '@id/__x00__virtual:troupe/worker?worker_file&type=module', '@vite/client']) {
    const { headers, status } = await fetch(url + path)
    expect(status, path).toBe(200)
    expect(headers.get('cross-origin-embedder-policy'), path).toBe('require-corp')
    expect(headers.get('cross-origin-opener-policy'), path).toBe('same-origin')
  }
})

test('headers of the user win', async () => {
  const headers = { 'cross-origin-embedder-policy': 'credentialless' }
  await server?.close()
  server = await createServer(appConfig(app.root, { server: { host: '127.0.0.1', port: 0, headers } }))
  await server.listen()
  const response = await fetch(`http://127.0.0.1:${portOf(server.httpServer)}/`, { headers: { accept: 'text/html' } })
  expect(response.headers.get('cross-origin-embedder-policy')).toBe('credentialless')
})

test('code for the server keeps import.meta, and gets it where it is missing', async () => {
  await start()
  const counter = await server?.environments.ssr.transformRequest('/src/counter.ts')
  const late = await server?.environments.ssr.transformRequest('/src/late.ts')
  expect(counter?.code).not.toContain('@fixture/app@2:')
  expect(late?.code).toMatch(/\(LateActor, import\.meta|\(LateActor, __vite_ssr_import_meta__/)
  expect(late?.code).not.toContain('virtual:troupe')
})

test('a module that was asked for before its file was there is found later', async () => {
  await start()
  const ask = () =>
    server?.environments.client.transformRequest(
      `\0virtual:troupe/module?id=${encodeURIComponent('@fixture/app@2:src/new')}`,
    )
  expect((await ask())?.code).toContain('The dev server knows no module @fixture/app@2:src/new.')
  writeFileSync(join(app.root, 'src/new.ts'), `import { actor } from 'troupe'\nexport const New = actor(class {})\n`)
  await server?.environments.client.transformRequest('/src/new.ts')
  expect((await ask())?.code).toContain('import("/src/new.ts")')
})

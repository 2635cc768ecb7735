import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import { build, type PreviewServer, preview } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { publish } from '../bundle/parts.ts'
import { launchChromium } from './demo-site.ts'

let folder: string
let server: PreviewServer
let browser: Browser
let page: Page
let requests: string[]

beforeAll(async () => {
  folder = await publish()
  const common = { root: join(folder, 'app'), configFile: false, logLevel: 'error' } as const
  await build({
    ...common,
    worker: { format: 'es' },
    build: { rolldownOptions: { input: join(folder, 'app/start.html') } },
  })
  server = await preview({ ...common, preview: { port: 0, host: '127.0.0.1' } })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
  rmSync(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  requests = []
  page = await browser.newPage()
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(`${server.resolvedUrls!.local[0]}start.html`)
  await page.waitForFunction(() => 'program' in globalThis)
})
afterEach(() => page.close())

const head = /\/head-[^/]+\.js$/
const isHead = (url: string): boolean => head.test(url)

test('the part with the coordinator is loaded when a runtime starts, by the page alone', async () => {
  expect(requests.filter(isHead)).toEqual([])
  expect(await page.evaluate(() => program.startAndCall())).toEqual({ init: 'done', direct: '1', ref: '2' })
  expect(requests.filter(isHead)).toHaveLength(1)
})

test('where that part cannot be loaded everything rejects by name, and another page of the app is well', async () => {
  await page.route(head, (route) => route.fulfill({ status: 404 }))
  const outcomes = await page.evaluate(() => program.startAndCall())
  for (const outcome of Object.values(outcomes)) expect(outcome).toMatch(/^CoordinatorLostError: .*could not be loaded/)
  await page.unroute(head)
  await page.reload()
  await page.waitForFunction(() => 'program' in globalThis)
  expect(await page.evaluate(() => program.startAndCall())).toEqual({ init: 'done', direct: '1', ref: '2' })
})

test('the next start tries again, on the same page', async () => {
  await page.route(head, (route) => route.abort('internetdisconnected'))
  expect((await page.evaluate(() => program.startAndCall())).init).toMatch(/^CoordinatorLostError/)
  await page.unroute(head)
  expect(await page.evaluate(() => program.startAndCall())).toEqual({ init: 'done', direct: '1', ref: '2' })
})

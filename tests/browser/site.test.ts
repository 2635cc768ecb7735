import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { prepareData } from '../../demo/data.mjs'
import { launchChromium, type Site, serveBuilt, serveSource, watchProblems } from './demo-site.ts'

const targets = [
  ['dev server', serveSource],
  ['built site under a sub-path', serveBuilt],
] as const
/** For what takes workers to start on a busy machine. */
const patient = { timeout: 20_000 }
const pages = ['', 'counters/', 'environments/', 'life/', 'mnist/']

describe.each(targets)('the demo site, %s', (_, serve) => {
  let browser: Browser
  let site: Site
  let page: Page
  let problems: string[]

  beforeAll(async () => {
    prepareData({ log: () => {} })
    ;[browser, site] = await Promise.all([launchChromium(), serve()])
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    page.setDefaultTimeout(45_000)
    problems = watchProblems(page)
  })
  afterEach(async () => {
    await page.close()
    expect(problems).toEqual([])
  })

  test('the start page says what Troupe is, what is on here, and links the demos', async () => {
    await page.goto(site.url)
    expect(await page.title()).toContain('Troupe')
    expect(await page.locator('h1').textContent()).toContain('Call a class')
    expect(await page.locator('.hero-code .k').count()).toBeGreaterThan(5)
    await page.locator('[data-capability="call"] dd', { hasText: 'increment() is 1' }).waitFor()
    expect(await page.locator('[data-capability="workers"] dd').textContent()).toMatch(/^on/)
    await expect.poll(() => page.locator('.demo .pill').allTextContents(), patient).not.toContain('checking')
    for (const link of await page.locator('a.demo').all()) {
      const address = await link.evaluate((a) => (a as HTMLAnchorElement).href)
      expect((await page.request.get(address)).status()).toBe(200)
    }
  })

  test('the counters page runs the seed program, each actor in a worker of its own', async () => {
    await openCounters()
    expect(await page.locator('.actor .value').allTextContents()).toEqual(['6', ...Array<string>(9).fill('1')])
    await expect.poll(() => page.locator('#workers').textContent(), patient).toBe('10')
    const places = await page.locator('.actor .place').allTextContents()
    expect(new Set(places).size).toBe(10)
  })

  test('the counters page works by keyboard: increment, add, kill, and the error of a dead actor', async () => {
    await openCounters()
    await page.locator('#all').focus()
    await page.keyboard.press('Enter')
    await expectLog('[7, 2, 2, 2, 2, 2, 2, 2, 2, 2]')
    await page.locator('#add').focus()
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: 'Increment Counter #11' }).focus()
    await page.keyboard.press('Enter')
    await page.locator('[data-actor="11"] .value', { hasText: '1' }).waitFor()
    await page.locator('#kill').focus()
    await page.keyboard.press('Enter')
    await page.locator('[data-actor="11"].dead').waitFor()
    await expectLog('ActorDiedError')
    await expect.poll(() => page.locator('#alive').textContent(), patient).toBe('10')
  })

  test('the counters page keeps calling until told to stop', async () => {
    await openCounters()
    await page.locator('#keep').click()
    await expect.poll(async () => digits(await page.locator('#calls').textContent()), patient).toBeGreaterThan(100)
    await page.locator('#keep').click()
    expect(await page.locator('#keep').getAttribute('aria-pressed')).toBe('false')
  })

  test('the environments page plays six environments on canvases', async () => {
    await page.goto(`${site.url}environments/`)
    await expect.poll(async () => digits(await page.locator('#steps').textContent()), patient).toBeGreaterThan(60)
    await expect.poll(async () => digits(await page.locator('#episodes').textContent()), patient).toBeGreaterThan(0)
    expect(await page.locator('.arena canvas').count()).toBe(6)
    expect(new Set(await page.locator('.arena .place').allTextContents()).size).toBe(6)
    for (const canvas of await page.locator('.arena canvas').all()) expect(await canvas.evaluate(inkShare)).not.toBe(0)
    await page.locator('#pause').click()
    // Calls that were under way still count; then nothing moves.
    await page.waitForTimeout(1500)
    const steps = await page.locator('#steps').textContent()
    await page.waitForTimeout(1200)
    expect(await page.locator('#steps').textContent()).toBe(steps)
  })

  test('the arrow keys push the cart of the environment one plays, and do not scroll', async () => {
    await page.goto(`${site.url}environments/`)
    const arena = page.locator('.arena').first()
    await arena.locator('footer', { hasText: 'reward' }).waitFor()
    await page.locator('#self').focus()
    await page.keyboard.press('Enter')
    await page.locator('.arena.mine').waitFor()
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('CANVAS')
    const before = await page.evaluate(() => [scrollX, scrollY])
    await page.keyboard.down('ArrowRight')
    // A hand that only pushes right loses within ten steps or so; the balancing policy would go on for ten seconds.
    await arena.locator('footer', { hasText: /episode [3-9]/ }).waitFor({ timeout: 15_000 })
    await page.keyboard.up('ArrowRight')
    expect(await page.evaluate(() => [scrollX, scrollY])).toEqual(before)
  })

  test('the life page: its actor draws on the GPU, by mouse and keyboard, also while the page is blocked', async () => {
    await page.goto(`${site.url}life/`)
    await expect.poll(async () => digits(await page.locator('#generation').textContent()), patient).toBeGreaterThan(5)
    expect(await page.locator('#backend').getAttribute('title')).toMatch(/^WebGPU/)
    const canvas = page.locator('#stage canvas')
    expect(await canvas.evaluate(colorCount)).toBeGreaterThan(2)
    await page.locator('#block').click()
    await page.locator('#blocked', { hasText: 'the actor drew' }).waitFor()
    expect(digits((await page.locator('#blocked').textContent())!.split('drew')[1]!)).toBeGreaterThan(2)
    await canvas.focus()
    await page.keyboard.press('Space')
    expect(await page.locator('#run').textContent()).toBe('Run')
    await page.locator('#clear').click()
    const population = async () => digits(await page.locator('#population').textContent())
    await expect.poll(population, patient).toBe(0)
    await canvas.hover({ position: { x: 200, y: 200 } })
    await page.mouse.down()
    await page.mouse.move(600, 420, { steps: 4 })
    await page.mouse.up()
    await expect.poll(population, patient).toBeGreaterThan(10)
  })

  test('the life page draws straight from the GPU where pages are drawn by one', async () => {
    const another = await launchChromium({ drawnByGpu: true })
    try {
      const drawn = await another.newPage({ viewport: { width: 1280, height: 800 } })
      const wrong = watchProblems(drawn)
      await drawn.goto(`${site.url}life/?screen=canvas`)
      await expect
        .poll(async () => digits(await drawn.locator('#generation').textContent()), patient)
        .toBeGreaterThan(5)
      expect(await drawn.locator('#stage canvas').evaluate(colorCount)).toBeGreaterThan(2)
      expect(wrong).toEqual([])
    } finally {
      await another.close()
    }
  })

  test('every page fits 360 pixels, has one heading and a skip link, and switches its theme', async () => {
    await page.setViewportSize({ width: 360, height: 780 })
    for (const path of pages) {
      await page.goto(site.url + path)
      expect(await page.locator('h1').count()).toBe(1)
      const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      expect(tooWide, `page '${path}' is too wide`).toBeLessThanOrEqual(0)
      await page.keyboard.press('Tab')
      expect(await page.evaluate(() => document.activeElement?.className)).toBe('skip')
    }
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const before = await paper()
    await page.locator('[data-theme-button]').click()
    expect(await paper()).not.toBe(before)
    const after = await paper()
    await page.goto(site.url)
    expect(await paper()).toBe(after)
  })

  async function openCounters(): Promise<void> {
    await page.goto(`${site.url}counters/`)
    await expectLog('[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]')
    await expectLog('[2, 3, 4, 5, 6]')
  }

  async function expectLog(text: string): Promise<void> {
    await page.locator('#log li', { hasText: text }).first().waitFor()
  }
})

const digits = (text: string | null) => Number(text?.replaceAll(/\D/g, ''))

/** The share of a canvas's pixels that were drawn; runs in the page. */
function inkShare(element: Element): number {
  const canvas = element as HTMLCanvasElement
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
  return data.filter((_, index) => index % 4 === 3 && data[index] !== 0).length / (data.length / 4)
}

/** How many colours a canvas shows, whoever draws it; runs in the page. */
function colorCount(element: Element): number {
  const { width, height } = element as HTMLCanvasElement
  const context = new OffscreenCanvas(width, height).getContext('2d')!
  context.drawImage(element as HTMLCanvasElement, 0, 0)
  return new Set(new Uint32Array(context.getImageData(0, 0, width, height).data.buffer)).size
}

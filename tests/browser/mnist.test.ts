import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { prepareData } from '../../demo/data.mjs'
import { launchChromium, type Site, serveBuilt, serveSource, watchProblems } from './demo-site.ts'
import { frameGapRatios } from './frame-gap-ratios.ts'

const targets = [
  ['dev server', serveSource],
  ['built site under a sub-path', serveBuilt],
] as const
/** For a hundred steps on a software adapter, which shares its cores with all else. */
const verySlow = { timeout: 240_000 }

describe.each(targets)('the MNIST page, %s', (_, serve) => {
  let site: Site
  let browser: Browser
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
    await open(browser)
  })
  afterEach(async () => {
    await page.close()
    expect(problems).toEqual([])
  })

  test('an untrained network is ready on the best backend, and the page says why that one', async () => {
    // A software adapter on most machines that run tests; on it wasm is faster.
    const isReal = await page.evaluate(async () => {
      const adapter = await navigator.gpu?.requestAdapter()
      return adapter?.info.isFallbackAdapter === false
    })
    expect(await value('backend')).toBe(isReal ? 'webgpu' : 'wasm')
    expect(await text('backend')).toBe(await value('backend'))
    expect(await text('reason')).toMatch(
      isReal ? /^using webgpu \(.+\)$/ : /^webgpu: only a software adapter \(.+\), slower than wasm; using wasm$/,
    )
    expect(await value('worker')).toMatch(/\S/)
    expect(await text('worker')).toBe(await value('worker'))
    expect(await Promise.all(['step', 'loss', 'accuracy'].map(value))).toEqual(['0', '', ''])
    expect(await enabledControls()).toEqual(['backend-choice', 'steps', 'start', 'reset', 'shuffle'])
    expect(await page.locator('.digit').count()).toBe(28)
    expect(await page.locator('.digit.right, .digit.wrong').count()).toBe(0)
  })

  test('the figures tell what was learned: steps, loss, accuracy, and 28 unseen digits', async () => {
    await page.locator('#start').click()
    await expectState('done')
    expect(await value('step')).toBe('100')
    await expectTrained()
    expect(await text('loss')).toBe(Number(await value('loss')).toFixed(4))
    expect(await text('accuracy')).toBe(`${(Number(await value('accuracy')) * 100).toFixed(1)} %`)
    const right = await page.locator('.digit.right').count()
    expect(right).toBeGreaterThan(20)
    expect(await page.locator('.digit.wrong').count()).toBe(28 - right)
    expect(await text('score')).toBe(`${right} of 28 read right`)

    const first = await page.locator('.digit canvas').first().getAttribute('aria-label')
    expect(first).toMatch(/^A handwritten \d, read as \d: (right|wrong)$/)
    await page.locator('#shuffle').click()
    await expect.poll(() => text('score'), { timeout: 20_000 }).toMatch(/^\d+ of 28 read right$/)
    expect(await page.locator('.digit canvas').first().getAttribute('aria-label')).not.toBe(first)
  })

  test('reset ends the worker and starts an untrained network in another', async () => {
    await page.locator('#steps').fill('5000')
    await page.locator('#start').click()
    await expectState('training')
    expect(await enabledControls()).toEqual(['backend-choice', 'steps', 'stop', 'reset', 'shuffle'])
    await expect.poll(() => value('accuracy'), { timeout: 30_000 }).not.toBe('')
    const worker = await value('worker')
    await page.locator('#reset').click()
    await expectState('ready')
    expect(await Promise.all(['step', 'loss', 'accuracy'].map(value))).toEqual(['0', '', ''])
    expect(await value('worker')).toMatch(/\S/)
    expect(await value('worker')).not.toBe(worker)
    expect(await text('score')).toBe('not read yet')
  })

  test('another backend chosen in the middle of a training starts over on that one', async () => {
    await page.locator('#steps').fill('5000')
    await page.locator('#start').click()
    await expectState('training')
    await page.locator('#backend-choice').selectOption('cpu')
    await expectState('ready')
    expect(await value('backend')).toBe('cpu')
    expect(await text('reason')).toBe('using cpu, as asked')
    expect(await value('step')).toBe('0')
    await page.locator('#steps').fill('7')
    await page.locator('#start').click()
    await expectState('done')
    expect(await value('step')).toBe('7')
  })

  test('a keyboard is enough to choose a backend, start, stop and reset', async () => {
    await tabTo('backend-choice')
    await page.keyboard.press('c')
    await expect.poll(() => value('backend'), { timeout: 45_000 }).toBe('cpu')
    await expectState('ready')
    await tabTo('steps')
    await page.keyboard.type('5000')
    await tabTo('start')
    await page.keyboard.press('Enter')
    await expectState('training')
    await expect.poll(() => value('loss'), { timeout: 30_000 }).not.toBe('')
    await tabTo('stop')
    await page.keyboard.press('Space')
    await expectState('ready')
    const step = Number(await value('step'))
    expect(step).toBeGreaterThan(0)
    expect(step).toBeLessThan(5000)
    await tabTo('reset')
    await page.keyboard.press('Enter')
    await expect.poll(() => value('step')).toBe('0')
    await expectState('ready')
    // The field of the steps starts the training too, as in any form.
    await page.locator('#steps').focus()
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.type('5')
    await page.keyboard.press('Enter')
    await expectState('done')
    expect(await value('step')).toBe('5')
  })

  test('training leaves the page its frames: gaps within 1.5 times those of an idle page', verySlow, async () => {
    await page.locator('#steps').fill('5000')
    const ratios: number[] = []
    // Frames come in whole refreshes, so one that is late doubles a gap: on a busy machine it takes more rounds to tell.
    do ratios.push(...(await page.evaluate(frameGapRatios, { rounds: 5, frames: 100 })))
    while (median(ratios) > 1.5 && ratios.length < 20)
    expect(median(ratios), `ratios of the p95 gaps: ${ratios.map((ratio) => ratio.toFixed(2))}`).toBeLessThanOrEqual(
      1.5,
    )
    for (const name of ['training', 'idle']) {
      await expect.poll(async () => Number(await value(`gap-${name}`))).toBeGreaterThan(0)
      expect(await text(`gap-${name}`)).toBe(Number(await value(`gap-${name}`)).toFixed(0))
    }
  })

  test('webgpu learns the same as cpu: the loss after 100 steps agrees to 1e-4', verySlow, async () => {
    const cpu = await trainOn('cpu')
    const webgpu = await trainOn('webgpu')
    expect(await text('reason')).toMatch(/^using webgpu \(.+\), as asked$/)
    expect(Math.abs(webgpu - cpu) / cpu, `cpu ${cpu}, webgpu ${webgpu}`).toBeLessThanOrEqual(1e-4)
  })

  test('without WebGPU a training that asked for it runs on wasm, and the page says so', async () => {
    const without = await launchChromium({ webgpu: false })
    try {
      await page.close()
      await open(without)
      await page.locator('#backend-choice').selectOption('webgpu')
      await expectState('ready')
      expect(await value('backend')).toBe('wasm')
      expect(await text('reason')).toMatch(/^webgpu: (no adapter|this realm has no navigator\.gpu); using wasm$/)
      await page.locator('#start').click()
      await expectState('done')
      await expectTrained()
    } finally {
      await without.close()
    }
  })

  test('without the digits the page says what is missing, and reset tries again', async () => {
    await page.route('**/mnist.bin', (route) => route.fulfill({ status: 404 }))
    await page.reload()
    await page.locator('html[data-state="failed"]').waitFor()
    expect(await text('notice')).toContain('HTTP 404')
    expect(await page.locator('#notice').isVisible()).toBe(true)
    expect(await enabledControls()).toEqual(['backend-choice', 'steps', 'reset'])
    expect(problems.splice(0).join()).toContain('404')
    await page.unroute('**/mnist.bin')
    await page.locator('#reset').click()
    await expectState('ready')
  })

  async function open(inBrowser: Browser): Promise<void> {
    page = await inBrowser.newPage({ viewport: { width: 1280, height: 800 } })
    page.setDefaultTimeout(45_000)
    problems = watchProblems(page)
    await page.goto(`${site.url}mnist/`)
    await expectState('ready')
  }

  /** Trains a new network for 100 steps and returns the exact loss of the last one. */
  async function trainOn(backend: string): Promise<number> {
    await page.locator('#backend-choice').selectOption(backend)
    await expectState('ready')
    expect(await value('backend')).toBe(backend)
    await page.locator('#start').click()
    await expectState('done', 200_000)
    await expectTrained()
    return Number(await value('loss'))
  }

  async function expectTrained(): Promise<void> {
    expect(await value('step')).toBe('100')
    expect(Number(await value('loss'))).toBeLessThan(0.6)
    expect(Number(await value('accuracy'))).toBeGreaterThanOrEqual(0.87)
    expect(Number(await value('accuracy'))).toBeLessThan(1)
  }

  async function expectState(state: string, timeout = 60_000): Promise<void> {
    await page.locator(`html:is([data-state="${state}"], [data-state="failed"])`).waitFor({ timeout })
    const notice = (await text('notice')) ?? ''
    expect(await page.locator('html').getAttribute('data-state'), notice).toBe(state)
    expect(await text('status')).toBe(state)
  }

  async function tabTo(id: string): Promise<void> {
    const focused = () => page.evaluate(() => document.activeElement?.id)
    for (let presses = 0; presses < 12 && (await focused()) !== id; presses++) await page.keyboard.press('Tab')
    expect(await focused()).toBe(id)
    expect(await page.locator(`#${id}:focus-visible`).count()).toBe(1)
  }

  const value = (id: string) => page.locator(`#${id}`).getAttribute('data-value')
  const text = (id: string) => page.locator(`#${id}`).textContent()
  const enabledControls = () =>
    page.locator(':is(select, input, button)[id]:enabled').evaluateAll((controls) => controls.map(({ id }) => id))
})

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
}

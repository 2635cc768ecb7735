import { describe, expect, test } from 'vitest'
import { expectedSums, spreadIncrements } from '../../demo/counters/spread.ts'
import { readOptions } from '../../demo/options.mjs'
import { framePage } from '../../demo/site/frame.ts'
import { highlight } from '../../demo/site/highlight.ts'

describe('the counters program', () => {
  test('deals the same increments for the same seed, each by 1 to 9 to a counter there is', () => {
    const increments = spreadIncrements(7, 5000, 42)
    expect(spreadIncrements(7, 5000, 42)).toEqual(increments)
    expect(spreadIncrements(7, 5000, 43)).not.toEqual(increments)
    expect(new Set(increments.map(({ counter }) => counter))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]))
    expect(new Set(increments.map(({ by }) => by)).size).toBe(9)
  })

  test('expects of each counter the sum of its increments', () => {
    const increments = [
      { counter: 0, by: 2 },
      { counter: 2, by: 5 },
      { counter: 0, by: 1 },
    ]
    expect(expectedSums(3, increments)).toEqual([3, 0, 5])
  })
})

describe('the options of npm start', () => {
  test('numbers that were not given stay away', () => {
    expect(readOptions([])).toEqual({ once: false, help: false })
    expect(readOptions(['--once', '--actors', '3', '--seed=0'])).toEqual({
      once: true,
      help: false,
      actors: 3,
      seed: 0,
    })
  })

  test.each([['--actors=0'], ['--actors=x'], ['--calls=-1'], ['--seed=1.5'], ['--port=70000']])(
    '%s is refused',
    (arg) => {
      expect(() => readOptions([arg])).toThrow(/takes a whole number from/)
    },
  )

  test('an unknown option is named', () => {
    expect(() => readOptions(['--fast'])).toThrow("'--fast'")
  })
})

describe('the pages of the site', () => {
  test('are framed with links that work in any folder', () => {
    const html = framePage('<!-- site:head --><!-- site:header --><!-- site:footer -->', 'counters')
    expect(html).toContain('href="../counters/" aria-current="page"')
    expect(html).toContain('href="../mnist/"')
    expect(html).not.toMatch(/<!--/)
    expect(framePage('<!-- site:header -->', '')).toContain('href="./mnist/"')
  })

  test('show code as it is written, coloured and with its characters escaped', () => {
    const html = highlight(`const a = 'x' // <b>`)
    expect(html).toBe(
      '<span class="k">const</span> a = <span class="s">\'x\'</span> <span class="c">// &lt;b&gt;</span>',
    )
  })
})

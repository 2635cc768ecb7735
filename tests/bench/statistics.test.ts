import { describe, expect, test } from 'vitest'
import { estimate, interleave, median, ratiosOf } from '../../bench/statistics.ts'

describe('median', () => {
  test('is the middle value, and leaves the values as they are', () => {
    const values = [3, 100, 1, 2, 5]
    expect(median(values)).toBe(3)
    expect(values).toEqual([3, 100, 1, 2, 5])
    expect(median([4])).toBe(4)
  })

  test('of nothing throws', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('estimate', () => {
  // What repeats itself at a distance is no chance.
  const around = (middle: number, width: number): number[] =>
    Array.from({ length: 41 }, (_, i) => middle + width * (((i * 17) % 41) / 20 - 1))

  test('the bound holds the median, is within the values, and is the same each time', () => {
    const ratios = around(0.5, 0.2)
    const { ratio, low, high } = estimate(ratios)
    expect(ratio).toBeCloseTo(0.5)
    expect(low).toBeGreaterThan(Math.min(...ratios))
    expect(low).toBeLessThan(ratio)
    expect(high).toBeGreaterThan(ratio)
    expect(high).toBeLessThan(Math.max(...ratios))
    expect(estimate(ratios)).toEqual({ ratio, low, high })
  })

  test('the less the values differ, the narrower the bound; one that stands apart changes little', () => {
    const width = ({ low, high }: { low: number; high: number }) => high - low
    expect(width(estimate(around(1, 0.01)))).toBeLessThan(width(estimate(around(1, 0.5))) / 10)
    expect(width(estimate([2, 2, 2, 2, 2]))).toBe(0)
    const odd = estimate([...around(1, 0.01), 1000])
    expect(odd.high).toBeLessThan(1.02)
  })

  test('19 of 20 bounds hold the true median', () => {
    let held = 0
    let state = 12_345
    const next = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
    for (let i = 0; i < 200; i++) {
      const { low, high } = estimate(
        Array.from({ length: 25 }, () => next()),
        i,
      )
      if (low <= 0.5 && high >= 0.5) held++
    }
    expect(held).toBeGreaterThanOrEqual(184)
    expect(held).toBeLessThan(200)
  })
})

describe('interleave', () => {
  test('all run in each block, another one first each time, and figures stay with their names', async () => {
    const order: string[] = []
    const blocks: number[] = []
    const as = (name: string, figure: number) => () => {
      order.push(name)
      return name === 'b' ? Promise.resolve(figure) : figure
    }
    const figures = await interleave({ a: as('a', 1), b: as('b', 2), c: as('c', 4) }, 4, (done) => blocks.push(done))
    expect(order.join('')).toBe('abcbcacababc')
    expect(figures).toEqual({ a: [1, 1, 1, 1], b: [2, 2, 2, 2], c: [4, 4, 4, 4] })
    expect(blocks).toEqual([1, 2, 3, 4])
    expect(ratiosOf(figures.a, figures.c)).toEqual([0.25, 0.25, 0.25, 0.25])
  })

  test('what one of them throws ends the run', async () => {
    const broken = () => Promise.reject(new Error('it came back changed'))
    await expect(interleave({ own: broken, bare: () => 1 }, 3)).rejects.toThrow('it came back changed')
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Allocation, bitOf, cpuBit, type Demand, demandOf, gpuBit } from '../../src/core/demand.ts'
import { NodeLedger } from '../../src/core/node-ledger.ts'

function ask(amounts: Readonly<Record<string, number>>): Demand {
  const { cpu = 0, gpu = 0, ...custom } = amounts
  return demandOf({ cpu, gpu, custom })
}

function ledger(gpus: number, custom: Readonly<Record<string, number>> = {}): NodeLedger {
  return NodeLedger.ofNode({ cpus: 8, gpus, custom })
}

describe('GPUs by index', () => {
  test('whole GPUs are given lowest first and never twice', () => {
    const books = ledger(3)
    expect(books.acquire(ask({ gpu: 1 }))?.gpuIds).toEqual([0])
    expect(books.acquire(ask({ gpu: 2 }))?.gpuIds).toEqual([1, 2])
    expect(books.acquire(ask({ gpu: 1 }))).toBeUndefined()
    expect(books.available()).toEqual({ CPU: 8, GPU: 0 })
  })

  test('a GPU that came back is the next one given', () => {
    const books = ledger(2)
    const first = books.acquire(ask({ gpu: 1 }))!
    books.acquire(ask({ gpu: 1 }))
    books.release(first)
    expect(books.acquire(ask({ gpu: 1 }))?.gpuIds).toEqual([0])
  })

  test('shares gather on one GPU, so that whole ones stay free', () => {
    const books = ledger(2)
    expect(books.acquire(ask({ gpu: 0.5 }))?.gpuIds).toEqual([0])
    expect(books.acquire(ask({ gpu: 0.25 }))?.gpuIds).toEqual([0])
    expect(books.acquire(ask({ gpu: 0.25 }))?.gpuIds).toEqual([0])
    expect(books.acquire(ask({ gpu: 1 }))?.gpuIds).toEqual([1])
    expect(books.acquire(ask({ gpu: 0.0001 }))).toBeUndefined()
  })

  test('a share goes where the least is left that suffices', () => {
    const books = ledger(3)
    books.acquire(ask({ gpu: 0.4 }))
    const whole = books.acquire(ask({ gpu: 1 }))!
    books.acquire(ask({ gpu: 0.7 }))
    books.release(whole)
    // GPU 0 has 0.6 left, GPU 1 all, GPU 2 0.3.
    expect(books.acquire(ask({ gpu: 0.3 }))?.gpuIds).toEqual([2])
    expect(books.acquire(ask({ gpu: 0.5 }))?.gpuIds).toEqual([0])
    expect(books.acquire(ask({ gpu: 0.5 }))?.gpuIds).toEqual([1])
  })

  test('one and a half GPUs are a whole one and a share of another', () => {
    const books = ledger(2)
    const half = books.acquire(ask({ gpu: 0.5 }))!
    const more = books.acquire(ask({ gpu: 1.5 }))!
    expect(more.gpuIds).toEqual([1, 0])
    expect(books.available()['GPU']).toBe(0)
    books.release(half)
    expect(books.acquire(ask({ gpu: 0.5 }))?.gpuIds).toEqual([0])
    books.release(more)
    expect(books.available()['GPU']).toBe(1.5)
  })

  test('two shares of two GPUs are no whole GPU', () => {
    const books = ledger(2)
    const first = books.acquire(ask({ gpu: 0.6 }))!
    const second = books.acquire(ask({ gpu: 0.6 }))!
    expect([first.gpuIds, second.gpuIds]).toEqual([[0], [1]])
    expect(books.available()['GPU']).toBeCloseTo(0.8)
    expect(books.acquire(ask({ gpu: 0.8 }))).toBeUndefined()
    expect(books.lacking(ask({ gpu: 0.8 }))).toBe(gpuBit)
  })

  test('ten tenths are exactly one', () => {
    const books = ledger(1)
    const tenths = Array.from({ length: 10 }, () => books.acquire(ask({ gpu: 0.1, cpu: 0.1 }))!)
    expect(tenths.map((tenth) => tenth.gpuIds)).toEqual(Array.from({ length: 10 }, () => [0]))
    expect(books.available()).toEqual({ CPU: 7, GPU: 0 })
    expect(books.acquire(ask({ gpu: 0.0001 }))).toBeUndefined()
    for (const tenth of tenths) books.release(tenth)
    expect(books.available()).toEqual(books.total())
  })
})

describe('what fits', () => {
  const cases: readonly (readonly [amounts: Record<string, number>, canEver: boolean])[] = [
    [{}, true],
    [{ cpu: 8 }, true],
    [{ cpu: 8.0001 }, false],
    [{ gpu: 2 }, true],
    [{ gpu: 2.0001 }, false],
    [{ gpu: 1.5 }, true],
    [{ special: 1 }, true],
    [{ special: 1.1 }, false],
    [{ unknown: 1 }, false],
  ]
  test.each(cases)('%o can ever be given: %s', (amounts, canEver) => {
    const books = ledger(2, { special: 1 })
    expect(books.canEverFit(ask(amounts))).toBe(canEver)
    const given = books.acquire(ask(amounts))
    expect(given !== undefined).toBe(canEver)
  })

  test('what does not fit takes nothing, and names what is lacking', () => {
    const books = ledger(1, { special: 1 })
    books.acquire(ask({ cpu: 7, gpu: 1 }))
    const before = books.available()
    expect(books.acquire(ask({ cpu: 2, gpu: 1, special: 1 }))).toBeUndefined()
    expect(books.available()).toEqual(before)
    expect(books.lacking(ask({ cpu: 2, gpu: 1, special: 1 }))).toBe(cpuBit | gpuBit)
    expect(books.lacking(ask({ cpu: 1, special: 1 }))).toBe(0)
    expect(books.lacking(ask({ special: 2 }))).toBe(bitOf('special'))
  })

  test('nothing of a resource that a node does not have leaves its books as they are', () => {
    const books = ledger(0)
    const given = books.acquire(ask({ unknown: 0 }))
    expect(books.available()).toEqual({ CPU: 8, GPU: 0 })
    if (given !== undefined) books.release(given)
    expect(books.available()).toEqual({ CPU: 8, GPU: 0 })
  })
})

const amount = fc.constantFrom(0, 0.0001, 0.1, 0.25, 0.3333, 0.5, 0.9999, 1, 1.5, 2, 3)
const request: fc.Arbitrary<Demand> = fc.record({ cpu: amount, gpu: amount, special: amount }).map(ask)
type Step = { readonly take: Demand } | { readonly giveBack: number }
const step: fc.Arbitrary<Step> = fc.oneof(fc.record({ take: request }), fc.record({ giveBack: fc.nat({ max: 20 }) }))

/** Units of 1/10 000 that a set of allocations holds of each GPU. */
function gpuUnits(held: readonly Allocation[], count: number): number[] {
  const units = Array.from({ length: count }, () => 0)
  for (const { demand, gpuIds } of held) {
    const { gpuWhole: whole, gpuShare: share } = demand
    expect(gpuIds).toHaveLength(whole + (share > 0 ? 1 : 0))
    expect(new Set(gpuIds).size).toBe(gpuIds.length)
    gpuIds.forEach((id, place) => {
      units[id]! += place < whole ? 10_000 : share
    })
  }
  return units
}

test('whatever is taken and given back, no unit is given twice and the sums are exact', () => {
  const property = fc.property(fc.nat({ max: 4 }), fc.array(step, { maxLength: 60 }), (gpus, steps) => {
    const books = ledger(gpus, { special: 2 })
    const held: Allocation[] = []
    for (const now of steps) {
      if ('take' in now) {
        const lacking = books.lacking(now.take)
        const given = books.acquire(now.take)
        expect(given === undefined).toBe(lacking !== 0)
        if (given !== undefined) {
          expect(books.canEverFit(now.take)).toBe(true)
          held.push(given)
        }
      } else if (held.length > 0) books.release(held.splice(now.giveBack % held.length, 1)[0]!)
      books.checkInvariants(held)
      const units = gpuUnits(held, gpus)
      for (const used of units) expect(used).toBeLessThanOrEqual(10_000)
      const usedCpu = held.reduce((sum, one) => sum + one.demand.cpu, 0)
      const usedSpecial = held.reduce((sum, one) => sum + (one.demand.customUnits[0] ?? 0), 0)
      expect(books.available()).toEqual({
        CPU: (80_000 - usedCpu) / 10_000,
        GPU: (gpus * 10_000 - units.reduce((sum, used) => sum + used, 0)) / 10_000,
        special: (20_000 - usedSpecial) / 10_000,
      })
    }
    for (const one of held) books.release(one)
    expect(books.available()).toEqual(books.total())
  })
  fc.assert(property, { numRuns: 300 })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { copySmall } from '../../src/protocol/small-copy.ts'

const copy = (value: object): object | undefined => copySmall(value, () => false)

const primitive = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.bigInt(),
)
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof({ depthSize: 'small' }, primitive, fc.array(tie('tree')), fc.dictionary(fc.string(), tie('tree'))),
}))

function objectsIn(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== 'object' || value === null || found.has(value)) return found
  found.add(value)
  for (const part of Object.values(value)) objectsIn(part, found)
  return found
}

describe('a small copy', () => {
  test('is what structured clone makes, and shares nothing with the original; or it is none', () => {
    let copies = 0
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 6 }), (value) => {
        const made = copy(value)
        if (made === undefined) return
        copies++
        expect(made).toStrictEqual(structuredClone(value))
        const originals = objectsIn(value)
        for (const object of objectsIn(made)) expect(originals.has(object)).toBe(false)
      }),
      { numRuns: 500 },
    )
    expect(copies).toBeGreaterThan(100)
  })

  const shared = { a: 1 }
  const cycle: unknown[] = []
  cycle.push(cycle)
  class Point {
    x = 1
  }
  test.each<[string, object]>([
    ['one object twice', [shared, shared]],
    ['a cycle', [cycle]],
    ['a class', [new Point()]],
    ['a date', [new Date()]],
    ['a map', [new Map()]],
    ['a typed array', [new Uint8Array(2)]],
    ['a hole', new Array(2)],
    ['named properties of an array', Object.assign([1], { name: 'one' })],
    ['an own __proto__', [JSON.parse('{"__proto__": 1}')]],
    ['no prototype', [Object.assign(Object.create(null), { a: 1 })]],
    ['a function', [() => {}]],
    ['a symbol', [Symbol('s')]],
    ['a deep chain', [[[[[[1]]]]]]],
    ['many parts', Array.from({ length: 100 }, (_, i) => i)],
  ])('%s is left to structured clone', (_, value) => expect(copy(value)).toBeUndefined())

  test('what is marked to be transferred is left alone', () => {
    const marked = { a: 1 }
    expect(copySmall([{ marked }], (object) => object === marked)).toBeUndefined()
  })
})

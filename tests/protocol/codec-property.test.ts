import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codec, Point, Ref, Secret, travel } from './codec-kit.ts'

const key = fc.oneof(
  fc.string({ maxLength: 5 }),
  fc.constantFrom('__proto__', 'constructor', 'length', 'toString', '0'),
)
const leaf = fc.oneof(
  fc.anything({ maxDepth: 0, withBigInt: true, withDate: true, withTypedArray: true, withNullPrototype: false }),
  fc.string().map((id) => new Ref(id)),
  fc.constant(new Ref('shared')),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('list'),
    tie('object'),
    tie('special'),
    tie('map'),
    tie('set'),
  ),
  list: fc.array(tie('value'), { maxLength: 5 }),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((entries) => {
    const object = {}
    for (const [name, part] of entries)
      Object.defineProperty(object, name, { value: part, enumerable: true, writable: true, configurable: true })
    return object
  }),
  map: fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
  set: fc.array(tie('value'), { maxLength: 4 }).map((items) => new Set(items)),
  special: fc.oneof(
    fc.tuple(tie('value'), tie('value')).map(([x, y]) => new Point(x, y)),
    tie('value').map((word) => new Secret(word)),
  ),
}))

/** Whether two values are alike in every part, classes and shared parts included. */
function alike(a: unknown, b: unknown, known = new Map<object, object>()): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return Object.is(a, b)
  if (known.has(a)) return known.get(a) === b
  known.set(a, b)
  if (Object.prototype.toString.call(a) !== Object.prototype.toString.call(b)) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (a instanceof Secret) return alike(a.word, (b as Secret).word, known)
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime())
  if (a instanceof Map || a instanceof Set) return alike(partsOf(a), partsOf(b as typeof a), known)
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => {
    const [mine, theirs] = [a, b].map((one) => Object.getOwnPropertyDescriptor(one, name))
    return theirs !== undefined && alike(mine!.value, theirs.value, known)
  })
}

function partsOf(collection: Map<unknown, unknown> | Set<unknown>): unknown[] {
  return collection instanceof Map ? [...collection.keys(), ...collection.values()] : [...collection]
}

test('whatever is packed, copied and unpacked is what it was', () => {
  fc.assert(
    fc.property(value, (one) => {
      expect(alike(one, travel(one))).toBe(true)
    }),
    { numRuns: 1500 },
  )
})

test('without specials nothing is replaced and nothing is copied', () => {
  const plain = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true })
  fc.assert(
    fc.property(plain, (one) => {
      const packed = codec.pack(one, 'value')
      expect(packed.specials).toBeUndefined()
      expect(packed.value).toBe(one)
    }),
    { numRuns: 500 },
  )
})

test('a function anywhere is found, and its path leads to it', () => {
  const bad = (): void => {}
  const step = fc.oneof(fc.nat({ max: 3 }), fc.constantFrom('a', 'b'))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), fc.boolean(), (path, withRef) => {
      let whole: unknown = bad
      for (const part of path.toReversed()) {
        if (typeof part === 'string') whole = withRef ? { first: new Ref('a'), [part]: whole } : { [part]: whole }
        else
          whole = Object.assign(
            Array.from({ length: part }, () => (withRef ? new Ref('b') : 0)),
            { [part]: whole },
          )
      }
      const text = path.map((part) => (typeof part === 'string' ? `.${part}` : `[${part}]`)).join('')
      expect(() => codec.pack(whole, 'value')).toThrow(expect.objectContaining({ path: `value${text}` }))
    }),
    { numRuns: 200 },
  )
})

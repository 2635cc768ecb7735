import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RealmSet } from '../../src/core/realm-set.ts'

const name = fc.oneof(
  fc.tuple(fc.constantFrom('node-a', 'node-b', 'node.w1'), fc.nat({ max: 40 })).map(([node, n]) => `${node}.w${n}`),
  fc.constantFrom('node-a', '.w', 'a.w01', 'a.w', 'a.w1x', 'a.w99999999999999999999', 'a.w-1', ''),
)

test('it knows exactly the realms that were put in', () => {
  fc.assert(
    fc.property(fc.array(name), fc.array(name), (added, asked) => {
      const realms = new RealmSet()
      const model = new Set<string>()
      for (const realm of added) {
        realms.add(realm)
        model.add(realm)
        for (const other of [...added, ...asked]) expect(realms.has(other), other).toBe(model.has(other))
      }
    }),
  )
})

test('of a million workers that came and went it remembers the gaps that the living ones leave', () => {
  const realms = new RealmSet()
  const living: number[] = []
  for (let number = 1; number <= 1_000_000; number++) {
    living.push(number)
    // Not the oldest: some live on and on.
    if (living.length > 16) realms.add(`node.w${living.splice((number * 7919) % living.length, 1)[0]}`)
  }
  expect(realms.spanCount).toBeLessThanOrEqual(living.length + 1)
  expect(living.some((number) => realms.has(`node.w${number}`))).toBe(false)
  const living16 = new Set(living)
  for (let number = 1; number <= 1000; number++) expect(realms.has(`node.w${number}`)).toBe(!living16.has(number))
})

test('its spans make another set of the same workers', () => {
  const set = new RealmSet()
  for (const number of [0, 1, 2, 5, 9, 8]) set.add(`n.w${number}`)
  set.add('m.w4')
  const copy = RealmSet.of(set.spans)
  expect(copy.spans).toEqual(set.spans)
  copy.add('n.w3')
  const has = (number: number): boolean => copy.has(`n.w${number}`)
  expect([0, 3, 4, 5, 6, 7, 8, 9, 10].map(has)).toEqual([true, true, false, true, false, false, true, true, false])
  expect([copy.has('m.w4'), copy.has('m.w3'), set.has('n.w3')]).toEqual([true, false, false])
})

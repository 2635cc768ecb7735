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

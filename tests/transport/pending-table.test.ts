import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PendingTable } from '../../src/transport/pending-table.ts'

test('numbers start at 1 and are used again when they are free', () => {
  const table = new PendingTable<string>()
  expect(['a', 'b', 'c'].map((item) => table.add(item))).toEqual([1, 2, 3])
  expect(table.take(2)).toBe('b')
  expect(table.take(2)).toBeUndefined()
  expect(table.add('d')).toBe(2)
  expect([table.get(2), table.count]).toEqual(['d', 3])
})

test('drain gives all in the order of their numbers and leaves an empty table', () => {
  const table = new PendingTable<string>()
  for (const item of ['a', 'b', 'c', 'd']) table.add(item)
  table.take(1)
  table.take(3)
  table.add('e')
  expect(table.drain()).toEqual(['b', 'e', 'd'])
  expect([table.count, table.get(2), table.take(2)]).toEqual([0, undefined, undefined])
  expect(table.drain()).toEqual([])
  expect(table.add('f')).toBe(1)
})

test('whatever is added and taken, it is like a map, and no longer than it was full', () => {
  const step = fc.oneof(fc.constant('add' as const), fc.nat({ max: 30 }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const table = new PendingTable<number>()
      const model = new Map<number, number>()
      let most = 0
      steps.forEach((now, i) => {
        if (now === 'add') {
          const id = table.add(i)
          expect(model.has(id)).toBe(false)
          model.set(id, i)
          most = Math.max(most, model.size)
          expect(id).toBeLessThanOrEqual(most)
        } else {
          expect(table.take(now)).toBe(model.get(now))
          model.delete(now)
        }
        expect(table.count).toBe(model.size)
      })
      expect(table.drain()).toEqual([...model].sort(([a], [b]) => a - b).map(([, item]) => item))
    }),
    { numRuns: 200 },
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PendingTable } from '../../src/transport/pending-table.ts'

/** Where a number's call is kept. */
const slotOf = (id: number): number => id % 2 ** 22

test('slots start at 1 and are used again when they are free, under another number', () => {
  const table = new PendingTable<string>()
  expect(['a', 'b', 'c'].map((item) => table.add(item))).toEqual([1, 2, 3])
  expect(table.take(2)).toBe('b')
  expect(table.take(2)).toBeUndefined()
  const id = table.add('d')
  expect([slotOf(id), id === 2]).toEqual([2, false])
  expect([table.get(id), table.get(2), table.take(2), table.count]).toEqual(['d', undefined, undefined, 3])
})

test('an answer that comes twice never meets a later call, until its slot was used 256 times', () => {
  const table = new PendingTable<number>()
  const first = table.add(0)
  table.take(first)
  for (let i = 1; i < 256; i++) {
    const id = table.add(i)
    expect(id).toBeLessThan(2 ** 30)
    expect(table.take(first)).toBeUndefined()
    expect(table.take(id)).toBe(i)
  }
  expect([slotOf(first), table.add(256)]).toEqual([1, first])
})

test('a number that is none of ours takes nothing', () => {
  const table = new PendingTable<string>()
  table.add('a')
  for (const id of [0, -1, 1.5, Number.NaN, Infinity, 2 ** 22 + 1, 2 ** 32 + 1, '1', undefined, null, {}])
    expect(table.take(id as number)).toBeUndefined()
  expect(table.count).toBe(1)
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
      const made: number[] = []
      let most = 0
      steps.forEach((now, i) => {
        if (now === 'add') {
          const id = table.add(i)
          expect(model.has(id)).toBe(false)
          model.set(id, i)
          most = Math.max(most, model.size)
          expect(slotOf(id)).toBeLessThanOrEqual(most)
          made.push(id)
        } else {
          const id = made[now] ?? now
          expect(table.take(id)).toBe(model.get(id))
          model.delete(id)
        }
        expect(table.count).toBe(model.size)
      })
      expect(table.drain()).toEqual([...model].sort(([a], [b]) => slotOf(a) - slotOf(b)).map(([, item]) => item))
    }),
    { numRuns: 200 },
  )
})

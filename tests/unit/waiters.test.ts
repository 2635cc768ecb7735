import { expect, test } from 'vitest'
import { ObjectEntry } from '../../src/runtime/object-entry.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'

test('whoever stopped waiting for an object is not called back, and the others are', () => {
  const entry = new ObjectEntry({} as Runtime, 'node:1')
  const called: string[] = []
  const [first, second] = [(): void => void called.push('first'), (): void => void called.push('second')]
  entry.whenSettled(first)
  entry.whenSettled(second)
  entry.dropWaiter(first)
  entry.dropWaiter(first)
  entry.reject({ value: undefined, specials: undefined })
  expect(called).toEqual(['second'])
})

test('one who waits twice and stops once is called back once', () => {
  const entry = new ObjectEntry({} as Runtime, 'node:1')
  let count = 0
  const waiter = (): void => void count++
  entry.whenSettled(waiter)
  entry.whenSettled(waiter)
  entry.dropWaiter(waiter)
  entry.reject({ value: undefined, specials: undefined })
  expect(count).toBe(1)
})

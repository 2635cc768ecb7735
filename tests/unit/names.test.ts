import { expect, test } from 'vitest'
import { shorten } from '../../src/hosts/node/thread-name.ts'
import { workerLabel } from '../../src/runtime/realm-names.ts'

test('a long name of a thread keeps its number', () => {
  expect(shorten('Counter#3')).toBe('Counter#3')
  expect(shorten('ParameterServer#12')).toBe('ParameterSer#12')
  expect(shorten('troupe:node-n1c0o8.w2')).toBe('troupe:node-.w2')
  expect(shorten('AVeryLongNameOfNothing')).toBe('AVeryLongNameOf')
  expect(shorten('ÄÄÄÄÄÄÄÄ#1')).toBe('ÄÄÄÄÄÄ#1')
})

test('a worker nothing lives in yet is called by its id', () => {
  expect(workerLabel({ workerId: 'node-a.w7', actor: undefined, isLeased: false })).toBe('troupe:node-a.w7')
  expect(workerLabel({ workerId: 'node-a.w7', actor: undefined, isLeased: true })).toBe('tasks#7')
})

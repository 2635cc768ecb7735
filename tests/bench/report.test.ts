import { expect, test } from 'vitest'
import { fillIn, MissingMarkersError } from '../../bench/document.ts'
import { isReached, type Measured, rowOf, tableOf } from '../../bench/row.ts'
import { choose, UnknownHostError, UnknownSubjectError } from '../../bench/subjects.ts'

const row: Measured = {
  id: 'put',
  subject: 'put',
  work: 'put of 1 MiB',
  value: 1.234,
  unit: 'ms',
  comparedWith: 'memcpy',
  goal: { atLeast: 0.6 },
  ratio: 0.7,
  low: 0.65,
  high: 0.75,
}

test('a goal is a least or a most ratio', () => {
  expect(isReached(row)).toBe(true)
  expect(isReached({ ...row, goal: { atLeast: 0.71 } })).toBe(false)
  expect(isReached({ ...row, goal: { atMost: 0.7 } })).toBe(true)
  expect(isReached({ ...row, goal: { atMost: 0.69 } })).toBe(false)
})

test('a goal may be one of the value, and a rival has none', () => {
  const { goal: _goal, ...rival } = row
  expect(isReached(rival)).toBe(true)
  expect(isReached({ ...row, goal: { valueAtMost: 1.3 } })).toBe(true)
  expect(isReached({ ...row, goal: { valueAtMost: 1.2 } })).toBe(false)
  expect(tableOf([{ ...row, goal: { valueAtMost: 1.2 } }])).toContain('| ≤ 1.2 ms, missed |')
})

test('who hangs is shown as hung and misses its goal', () => {
  const hung: Measured = { ...row, value: null, unit: 'hung', ratio: null, low: null, high: null }
  expect(isReached(hung)).toBe(false)
  expect(tableOf([hung])).toContain('| hung     | –     | –          | memcpy | ≥ 0.6, missed |')
  expect(JSON.parse(JSON.stringify(rowOf(hung)))).toMatchObject({ value: null, unit: 'hung', ratio: null })
})

test('small figures keep a digit', () => {
  expect(tableOf([{ ...row, ratio: 0.00123, low: 0.001, high: 0.002 }])).toContain('| 0.001 | 0.001 – 0.002 |')
})

test('a row is written without what is for people', () => {
  const { work: _work, comparedWith: _comparedWith, goal: _goal, ...rest } = row
  expect(rowOf(row)).toEqual(rest)
})

test('the table says what was measured, and which goals were missed', () => {
  const [head, , first, second] = tableOf([row, { ...row, id: 'slow', ratio: 0.5 }]).split('\n')
  expect(head).toContain('| id   | work ')
  expect(first).toBe('| put  | put of 1 MiB | 1.23 ms  | 0.70  | 0.65 – 0.75 | memcpy | ≥ 0.6         |')
  expect(second).toContain('| ≥ 0.6, missed |')
})

test('a table takes the place of the one before, and nothing else changes', () => {
  const page =
    '# Page\n\n<!-- bench: a node -->\n<!-- /bench -->\n\n<!-- bench: b node -->\nold\n<!-- /bench -->\nend\n'
  const once = fillIn(page, 'a node', 'new')
  expect(once).toBe(page.replace('<!-- bench: a node -->\n', '<!-- bench: a node -->\n\nnew\n\n'))
  expect(fillIn(once, 'a node', 'new')).toBe(once)
  expect(fillIn(once, 'b node', 'other')).toContain('<!-- bench: b node -->\n\nother\n\n<!-- /bench -->\nend\n')
  expect(() => fillIn(page, 'c node', 'new')).toThrow(MissingMarkersError)
})

test('a name that nobody knows is refused with those there are', () => {
  expect(() => choose(['core', 'cores'], 'node')).toThrow(UnknownSubjectError)
  expect(() => choose(['toString'], 'node')).toThrow(
    'There is no bench "toString". Choose of: calls, core, gpu, objects, store, timeline.',
  )
  expect(() => choose([], 'firefox')).toThrow(UnknownHostError)
  expect(() => choose(['core'], 'chromium')).toThrow('core does not run on "chromium". Choose of: node.')
})

test('without a name all are measured that the host has', () => {
  expect(choose([], 'node').map(({ name }) => name)).toEqual(['calls', 'core', 'objects', 'store', 'timeline'])
  expect(choose([], 'chromium').map(({ name }) => name)).toEqual(['calls', 'gpu', 'objects', 'store'])
  expect(choose(['store'], 'node').map(({ name }) => name)).toEqual(['store'])
})

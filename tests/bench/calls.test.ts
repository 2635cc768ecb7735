import { beforeAll, describe, expect, test } from 'vitest'
import { measureCalls } from '../../bench/calls/launch.ts'
import { check } from '../../bench/calls/work.ts'
import { type Measured, rowOf } from '../../bench/row.ts'

const rivals = ['Comlink', 'birpc', 'capnweb', 'piscina', 'tinypool', 'workerpool', 'threads', 'poolifier']
const alone = ['idle-cpu', 'start-cold', 'start-warm', 'light-10k', 'direct-blocked', 'wait-1k']
const withAll = ['seq', 'window-1000', 'cpu-window', 'burst-32', 'object-args', 'burst-100k']
const withPools = ['tasks-empty', 'tasks-25us']

describe('a quick run of the calls', () => {
  let rows: Measured[]
  beforeAll(async () => {
    rows = await measureCalls(() => {}, { isQuick: true })
  }, 240_000)
  const subjectsOf = (id: string): string[] => rows.filter((row) => row.id === id).map(({ subject }) => subject)

  test('has every figure, and no other', () => {
    expect([...new Set(rows.map(({ id }) => id))].sort()).toEqual([...alone, ...withAll, ...withPools].sort())
    for (const id of alone) expect(subjectsOf(id)[0]).toBe('troupe')
  })

  test('has every rival that can do the work beside Troupe', () => {
    for (const id of withAll)
      expect(subjectsOf(id)).toEqual(expect.arrayContaining(['troupe', 'raw postMessage', ...rivals]))
    for (const id of withPools) expect(subjectsOf(id)).toEqual(['troupe', ...rivals.slice(3)])
    expect(subjectsOf('window-1000')).toContain('troupe to Comlink')
  })

  test('nobody hung, and every ratio lies within its bound', () => {
    for (const row of rows.map(rowOf)) {
      expect(row, JSON.stringify(row)).toMatchObject({ value: expect.any(Number), unit: expect.any(String) })
      expect(row.ratio, JSON.stringify(row)).toBeGreaterThanOrEqual(row.low!)
      expect(row.ratio, JSON.stringify(row)).toBeLessThanOrEqual(row.high!)
      // Rounds as short as these may leave less heap in use than there was, and an idle process uses nothing.
      if (row.unit !== 'B' && row.id !== 'idle-cpu') expect(row.value, JSON.stringify(row)).toBeGreaterThan(0)
    }
  })
})

test('a wrong answer ends the run', () => {
  expect(() => check(3, 4, 'someone')).toThrow('someone has answered 3 instead of 4')
})

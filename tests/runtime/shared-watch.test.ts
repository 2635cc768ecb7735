import { expect, test } from 'vitest'
import { checksumOf, SharedWatch } from '../../src/runtime/shared-watch.ts'

function watched(): { memory: SharedArrayBuffer; watch: SharedWatch; reports: string[] } {
  const memory = new SharedArrayBuffer(1027)
  new Uint8Array(memory).fill(7)
  const reports: string[] = []
  return { memory, watch: new SharedWatch((text) => reports.push(text)), reports }
}

test('a reader that only reads is not named', () => {
  const { memory, watch, reports } = watched()
  watch.opened('r:b1', memory, checksumOf(memory))
  watch.check('Net.infer')
  expect(reports).toEqual([])
})

test.each([0, 512, 1023, 1024, 1026])('a write to byte %i is noticed once, with its writer', (at) => {
  const { memory, watch, reports } = watched()
  watch.opened('r:b1', memory, checksumOf(memory))
  new Uint8Array(memory)[at] = 8
  watch.check('Net.train')
  watch.check('Net.infer')
  expect(reports).toEqual([expect.stringMatching(/^Net\.train wrote to a shared object \(buffer r:b1\).*copy: true/)])
})

test('a write in another realm is not blamed on whoever reads next', () => {
  const { memory, watch, reports } = watched()
  const asPut = checksumOf(memory)
  new Uint8Array(memory)[3] = 8
  watch.opened('r:b1', memory, asPut)
  watch.check('Net.infer')
  new Uint8Array(memory)[3] = 9
  watch.opened('r:b1', memory, asPut)
  watch.check('Net.infer')
  expect(reports).toHaveLength(2)
  for (const report of reports) expect(report).toMatch(/by a reader in another realm/)
})

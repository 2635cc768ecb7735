import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { fuzzFrames } from '../fuzz.ts'

const program = fileURLToPath(new URL('../fuzz.mjs', import.meta.url))

test('mutated frames are taken or refused by name, reach nearly all of the decoders, and leave nothing behind', async () => {
  const run = promisify(execFile)(process.execPath, [program, '--frames', '60000', '--seed', '7', '--json'])
  const result = JSON.parse((await run).stdout)
  expect(result.bugs).toEqual([])
  expect(result.mostKeptBytes).toBeLessThanOrEqual(result.limitBytes)
  expect(result.grownBytes).toBeLessThan(4_000_000)
  expect(result.accepted).toBeGreaterThan(10_000)
  expect(result.refused).toBeGreaterThan(10_000)
  expect(result.taken / result.branchCount).toBeGreaterThanOrEqual(0.95)
})

test('the same seed makes the same frames', () => {
  expect(fuzzFrames(2000, 3)).toEqual(fuzzFrames(2000, 3))
  expect(fuzzFrames(2000, 3)).not.toEqual(fuzzFrames(2000, 4))
})

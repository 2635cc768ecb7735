import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { costOf, publish } from './parts.ts'

/**
 * What importing the library may cost at most, in bytes after minification and gzip; docs/bundle.md tells what that is made
 * of. A change that needs more says why; one that needs less lowers the limit.
 */
const limits = { page: 38_000, worker: 44_700 }

/** What nothing loads before it is needed. */
const lazyParts = {
  page: ['capabilities', 'courier', 'head', 'indexeddb', 'inline'],
  worker: ['capabilities', 'courier', 'head', 'indexeddb', 'queue'],
}

let folder: string
beforeAll(async () => {
  folder = await publish()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each(['page', 'worker'] as const)('what a %s loads at first stays within its limit', async (side) => {
  const { gzipBytes, fileCount, lazy } = await costOf(folder, side)
  expect(gzipBytes).toBeLessThanOrEqual(limits[side])
  expect(gzipBytes, `lower the limit of the ${side}`).toBeGreaterThan(limits[side] - 1000)
  // One after the other they would cost a page or worker more time than their bytes do.
  expect(fileCount).toBeLessThanOrEqual(2)
  expect(lazy.map(({ name }) => name)).toEqual(expect.arrayContaining(lazyParts[side]))
})

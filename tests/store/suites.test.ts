import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { objectStoreSuite } from '@troupe/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { FileStore } from '../../src/store/file.ts'
import { LateStore } from '../../src/store/late-store.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { SharedMemoryStore } from '../../src/store/shared-memory.ts'

const folder = mkdtempSync(join(tmpdir(), 'troupe-suite-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('MemoryStore', () => {
  for (const { title, run } of objectStoreSuite(() => new MemoryStore(), { keepsReferences: true })) test(title, run)
})

describe('SharedMemoryStore', () => {
  for (const { title, run } of objectStoreSuite(() => new SharedMemoryStore(), { sharesMemory: true })) test(title, run)
})

describe('LateStore', () => {
  for (const { title, run } of objectStoreSuite(() => new LateStore('file', async () => FileStore.open({ folder })))) {
    test(title, async () => {
      await run()
      expect(readdirSync(folder)).toEqual([])
    })
  }
})

describe('FileStore', () => {
  for (const { title, run } of objectStoreSuite(() => FileStore.open({ folder }))) {
    test(title, async () => {
      await run()
      expect(readdirSync(folder)).toEqual([])
    })
  }
})

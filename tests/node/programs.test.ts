import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const LIMIT_MS = 30_000

/** Runs a program as a user does, outside of the test runner, and gives what it printed. */
async function run(program: string, loader = ['--import', 'tsx']): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^VITEST|^NODE_OPTIONS$/.test(name)))
  const args = [...loader, '--conditions=troupe-source', join(import.meta.dirname, 'programs', program)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: LIMIT_MS })
  return stdout.trim()
}

test('a program that neither starts nor shuts down the runtime ends by itself', async () => {
  expect(await run('plain.mjs')).toBe('2 13')
})

test('a program ends only when its last call was answered', async () => {
  expect(await run('forgotten-call.mjs')).toBe('1')
})

test('importing troupe starts nothing', async () => {
  expect(await run('only-import.mjs')).toBe('false 0')
})

test('a module with an unguarded driver part gets an error that says what to do', async () => {
  expect(await run('mixed.mjs')).toMatch(/^ActorDiedError .*isDriver\(\)/)
})

test('a module with a guarded driver part works', async () => {
  expect(await run('guarded.mjs')).toBe('1')
})

if (!Reflect.get(process.features, 'typescript')) {
  test('a TypeScript module on a Node without type stripping, started without tsx', async () => {
    const text = await run('without-tsx.mjs', [])
    expect(text).toMatch(/^TypeScriptSourceError /)
    expect(text).toMatch(/counter\.ts/)
    expect(text).toMatch(/--import tsx/)
  })
}

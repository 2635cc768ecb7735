import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { planDependencies } from '../../../../packages/vite/src/actor-packages.ts'
import { DefinitionTable } from '../../../../packages/vite/src/definition-table.ts'
import { resolveOptions, type TroupeOptions } from '../../../../packages/vite/src/options.ts'
import { ModuleIds } from '../../../../packages/vite/src/packages.ts'

let root: string

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'packages-')))
})
afterEach(() => rmSync(root, { recursive: true }))

function write(path: string, content: unknown = ''): string {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

test('a module id has the package, its major version and the path without extension', () => {
  write('package.json', { name: '@scope/app', version: '12.3.4-beta.1' })
  const ids = new ModuleIds(root)
  expect(ids.idOf(join(root, 'src/deep/mnist.actor.ts'))).toBe('@scope/app@12:src/deep/mnist.actor')
  expect(ids.idOf(join(root, 'main.js'))).toBe('@scope/app@12:main')
})

test('packages in node_modules, packages without a version and folders that only set a type have their ids', () => {
  write('package.json', { name: 'app' })
  write('node_modules/lib/package.json', { name: 'lib', version: '1.2.3' })
  write('node_modules/lib/esm/package.json', { type: 'module' })
  const ids = new ModuleIds(root)
  expect(ids.idOf(join(root, 'node_modules/lib/esm/a.js'))).toBe('lib@1:esm/a')
  expect(ids.idOf(join(root, 'src/a.js'))).toBe('app@0:src/a')
})

test('a module is found by its id before anything of its package was seen', () => {
  write('package.json', { name: 'app', version: '1.0.0' })
  write('node_modules/lib/package.json', { name: 'lib', version: '3.0.0' })
  const far = write('node_modules/lib/far.mjs')
  const near = write('src/near.tsx')
  const ids = new ModuleIds(root)
  expect(ids.fileOf('lib@3:far')).toBe(far)
  expect(ids.fileOf('app@1:src/near')).toBe(near)
  expect(ids.fileOf('app@1:src/none')).toBeUndefined()
  expect(ids.fileOf('nonsense')).toBeUndefined()
})

test('packages that build on troupe stay unbundled in dev, however deep they are; their CommonJS dependencies do not', () => {
  write('package.json', { name: 'app', dependencies: { ui: '1', troupe: '1' }, devDependencies: { tool: '1' } })
  write('node_modules/troupe/package.json', { name: 'troupe', dependencies: { messages: '1' } })
  write('node_modules/messages/package.json', { name: 'messages', type: 'module' })
  write('node_modules/tool/package.json', { name: 'tool' })
  write('node_modules/ui/package.json', { name: 'ui', dependencies: { engine: '1' } })
  write('node_modules/engine/package.json', {
    name: 'engine',
    peerDependencies: { troupe: '1' },
    dependencies: { old: '1', modern: '1', mixed: '1' },
  })
  write('node_modules/old/package.json', { name: 'old', main: 'index.js' })
  write('node_modules/modern/package.json', { name: 'modern', exports: { import: './index.js' } })
  write('node_modules/mixed/package.json', { name: 'mixed', module: 'index.js', dependencies: { old: '1' } })
  expect(planDependencies(root, ['forced'])).toEqual({
    exclude: ['troupe', 'forced', 'engine'],
    include: ['troupe > messages', 'engine > old', 'engine > mixed'],
    dedupe: ['troupe'],
  })
})

test('two definitions with one id are refused with the names of both files', () => {
  const [a, b] = [write('a.ts'), write('b.ts')]
  const table = new DefinitionTable()
  table.set(a, ['x@1:y#A', 'x@1:y#B'])
  table.set(a, ['x@1:y#A'])
  expect(() => table.set(b, ['x@1:y#A'])).toThrow(`Two definitions have the same id x@1:y#A: one in ${a}, one in ${b}.`)
  expect(() => table.set(b, ['x@1:y#C', 'x@1:y#C'])).toThrow('same id x@1:y#C')
  table.set(b, ['x@1:y#B'])
  expect(table.modules()).toEqual(new Map([['x@1:y', [a, b]]]))
  rmSync(a)
  table.set(b, ['x@1:y#A'])
})

test('options are checked', () => {
  const check = (options: unknown) => () => resolveOptions(options as TroupeOptions)
  expect(check({ isolated: true })).toThrow(
    'troupe({ isolated }): there is no such option. The options are: isolation, include.',
  )
  expect(check({ isolation: 'yes' })).toThrow('troupe({ isolation }): it is true or false.')
  expect(check({ include: 'lib' })).toThrow('troupe({ include })')
  expect(check({ include: [1] })).toThrow('troupe({ include })')
  expect(resolveOptions({ include: ['lib', /\.vue$/] })).toMatchObject({ isolation: true, packages: ['lib'] })
})

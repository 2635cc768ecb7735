import { SourceMap } from 'node:module'
import { parseAst } from 'vite'
import { describe, expect, test } from 'vitest'
import { applyEdits } from '../../../../packages/vite/src/edits.ts'
import type { Node } from '../../../../packages/vite/src/syntax.ts'
import { findDefinitions } from '../../../../packages/vite/src/transform.ts'

function look(code: string, moduleId: string | undefined = 'app@2:src/a') {
  const found = findDefinitions(code, parseAst(code) as unknown as Node, moduleId)
  return { ...found, ...applyEdits(code, found.edits, 'a.js') }
}

const given = (code: string, moduleId?: string) =>
  look(`import { actor, registerClass, task } from 'troupe'\n${code}`, moduleId)
const ids = (code: string) => given(code).definitions.map((id) => id.slice(id.indexOf('#') + 1))

describe('the id of a definition', () => {
  test.each([
    ['an exported const', 'export const A = actor(class {})', ['A']],
    ['a const that is exported later', 'const A = actor(class {}); export { A }', ['A']],
    ['a const that is exported under another name', 'const A = actor(class {}); export { A as Other }', ['Other']],
    ['a const with two names', "const A = actor(class {}); export { A as Z, A as B, A as 'C c' }", ['B']],
    ['a default export', 'export default actor(class {})', ['default']],
    ['a const that is the default export', 'const A = actor(class {}); export default A', ['default']],
    ['a const that is not exported', 'const A = actor(class {})', ['A']],
    ['a wrapped call', 'export const A = wrap(actor(class {}))', ['A']],
    [
      'properties and elements',
      'export const all = { one: actor(class {}), more: [task(() => 1), task(() => 2)] }',
      ['all.one', 'all.more.0', 'all.more.1'],
    ],
    ['a later assignment', 'export let A; A = actor(class {})', ['A']],
    ['a registered class', 'export class V {}; registerClass(V, import.meta, codec)', ['V']],
    ['a class that registers itself', 'class V { static { registerClass(this) } }', ['V']],
    ['a static field', 'export default class V { static part = actor(class {}) }', ['default.part']],
    ['a statement of a class expression', 'actor(class Lone {})', ['Lone']],
    ['a statement of an anonymous class', 'actor(class {})', ['anonymous']],
    ['two calls in one place', 'export const both = pair(actor(class {}), actor(class {}))', ['both', 'both~2']],
    ['a task', 'export const add = task(function add(a, b) { return a + b })', ['add']],
  ])('of %s', (_, code, expected) => {
    expect(ids(code)).toEqual(expected)
  })
})

describe('the source argument', () => {
  test('replaces import.meta', () => {
    expect(given('export const A = actor(class {}, import.meta, { numGpus: 1 })').code).toContain(
      'actor(class {}, "app@2:src/a#A", { numGpus: 1 })',
    )
  })

  test.each([
    ['actor(class {})', 'actor(class {}, "app@2:src/a#A")'],
    ['actor(class {},)', 'actor(class {}, "app@2:src/a#A")'],
    ['actor((class {}))', 'actor((class {}), "app@2:src/a#A")'],
    ['actor(class {} /* a, b */)', 'actor(class {} /* a, b */, "app@2:src/a#A")'],
    ['actor(class {} // a, b\n)', 'actor(class {} // a, b\n, "app@2:src/a#A")'],
    ['actor(class {}, undefined, { numGpus: 1 })', 'actor(class {}, "app@2:src/a#A", { numGpus: 1 })'],
  ])('is put in where it is missing: %s', (before, after) => {
    const { code } = given(`export const A = ${before}`)
    expect(code).toContain(after)
    expect(() => parseAst(code)).not.toThrow()
  })

  test.each(["'other@1:src/x#A'", '`other@1:src/x#A`', 'meta', 'sourceOf()'])(
    'of the user is left alone: %s',
    (source) => {
      expect(given(`export const A = actor(class {}, ${source})`).edits).toEqual([])
    },
  )

  test('of the user is known as a definition when it is an id', () => {
    expect(given("export const A = actor(class {}, 'other@1:src/x#A')").definitions).toEqual(['other@1:src/x#A'])
  })

  test('of the user may be a template without holes, as minifiers write it', () => {
    expect(given('export const A = actor(class {}, `other@1:src/x#A`)').definitions).toEqual(['other@1:src/x#A'])
  })

  test('is left alone after a spread', () => {
    expect(given('export const A = actor(...parts)').edits).toEqual([])
  })

  test('is import.meta in code for servers and libraries, where it is missing', () => {
    const code = "import { actor } from 'troupe'\nexport const A = actor(class {}), B = actor(class {}, import.meta)"
    const found = findDefinitions(code, parseAst(code) as unknown as Node, undefined)
    expect(applyEdits(code, found.edits, 'a.js').code).toContain(
      'A = actor(class {}, import.meta), B = actor(class {}, import.meta)',
    )
  })
})

describe('the functions of the package', () => {
  test('are known by their aliases', () => {
    const { definitions } = look(
      "import { actor as a, task as t } from 'troupe'; export const A = a(class {}), B = t(() => 1)",
    )
    expect(definitions).toEqual(['app@2:src/a#A', 'app@2:src/a#B'])
  })

  test('are known through a namespace', () => {
    const { code } = look(
      "import * as t from 'troupe'; export const A = t.actor(class {}), B = t['task'](() => 1), C = t.put(1)",
    )
    expect(code).toContain('t.actor(class {}, "app@2:src/a#A")')
    expect(code).toContain(`t['task'](() => 1, "app@2:src/a#B")`)
    expect(code).toContain('t.put(1)')
  })

  test('of other packages, and names that hide them, are left alone', () => {
    expect(look("import { actor } from 'theatre'; export const A = actor(class {}, import.meta)").edits).toEqual([])
    expect(given('export const make = (actor) => actor(class {}, import.meta)').edits).toEqual([])
    expect(
      given('export function make() { const { x: [actor] } = y; return actor(class {}, import.meta) }').edits,
    ).toEqual([])
    expect(given('try {} catch (actor) { actor(class {}, import.meta) }').edits).toEqual([])
    expect(given('for (const actor of all) actor(class {}, import.meta)').edits).toEqual([])
  })

  test('inside functions are reported, and get no source where they have none', () => {
    const { code, unreachable, definitions } = given(
      'export function make() { const A = actor(class {}, import.meta); return [A, actor(class {})] }',
    )
    expect(unreachable).toEqual(['A', '1'])
    expect(definitions).toEqual([])
    expect(code).toContain('actor(class {}, "app@2:src/a#A"); return [A, actor(class {})]')
  })

  test('are looked for in modules that import the package in any way', () => {
    expect(look("import 'troupe'").usesTroupe).toBe(true)
    expect(look("export { actor } from 'troupe'").usesTroupe).toBe(true)
    expect(look("const t = await import('troupe')").usesTroupe).toBe(true)
    expect(look("const t = 'troupe'").usesTroupe).toBe(false)
  })
})

test('the source map leads every word of the result to its place in the source', () => {
  const source = [
    "import { actor } from 'troupe'",
    "const wide = '😀 äöü'; export const A = actor(class { first() {} }, import.meta), after = wide",
    'export const B = actor(class {',
    '  second() {}',
    '}); const third = 3',
  ].join('\n')
  const { code, map } = look(source)
  expect(code).toContain('😀')
  const payload = { ...map, file: 'a.js', sourceRoot: '' }
  const sourceMap = new SourceMap(payload)
  for (const word of ['first', 'after', 'second', 'third', 'B =']) {
    const from = place(code, word)
    const entry = sourceMap.findEntry(from.line, from.column)
    expect(entry, word).toMatchObject({
      originalLine: place(source, word).line,
      originalColumn: place(source, word).column,
    })
  }
})

function place(text: string, word: string) {
  const before = text.slice(0, text.lastIndexOf(word)).split('\n')
  return { line: before.length - 1, column: before.at(-1)!.length }
}

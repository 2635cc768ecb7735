import { readFileSync } from 'node:fs'
import * as troupe from 'troupe'
import * as worker from 'troupe/worker'
import { expect, test } from 'vitest'
import { errorFamily, types, values } from './exports.ts'

const index = readFileSync(new URL('../../src/index.ts', import.meta.url), 'utf8')

// `export { a, type B } from` and `export type { A, B } from`, whatever the formatting.
function exportedTypes(source: string): string[] {
  const found: string[] = []
  for (const [, isType, list] of source.matchAll(/export( type)? \{([^}]*)\}/g)) {
    for (const item of list!.split(',').map((part) => part.trim())) {
      if (item === '') continue
      if (isType !== undefined) found.push(item)
      else if (item.startsWith('type ')) found.push(item.slice('type '.length))
    }
  }
  return found.sort()
}

test('the values that troupe exports are those of the table', () => {
  expect(Object.keys(troupe).sort()).toEqual([...values].sort())
})

test('the types that troupe exports are those of the table', () => {
  expect(exportedTypes(index)).toEqual([...types].sort())
  expect(index).not.toMatch(/export \*|export default/)
})

test('troupe/worker exports serve and nothing else', () => {
  expect(Object.keys(worker)).toEqual(['serve'])
})

test('every error class has its name, a code of its own and the class it extends', () => {
  const classes = troupe as unknown as Readonly<Record<string, new (message: string) => Error & { code: string }>>
  const exported = values.filter((name) => classes[name]!.prototype instanceof Error)
  expect(exported.sort()).toEqual(Object.keys(errorFamily).sort())
  const codes = new Set<string>()
  for (const [name, base] of Object.entries(errorFamily)) {
    const error = new classes[name]!('text')
    expect(error.name).toBe(name)
    expect(error.message).toBe('text')
    expect(error.code, name).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
    codes.add(error.code)
    expect((Object.getPrototypeOf(classes[name]!.prototype) as Error).name, name).toBe(base)
    expect(error, name).toBeInstanceOf(Error)
    expect(error instanceof troupe.TroupeError, name).toBe(true)
    expect(error instanceof troupe.TaskError, name).toBe(name === 'TaskError')
    expect(Object.keys(error), name).toEqual([])
  }
  expect(codes.size).toBe(Object.keys(errorFamily).length)
})

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const isDependency = (path: string) => path.split(sep).includes('node_modules')
const filesOf = (folder: string, ending: string) =>
  (readdirSync(join(ROOT, folder), { recursive: true }) as string[])
    .filter((file) => file.endsWith(ending) && !isDependency(file))
    .map((file) => join(folder, file))
const pages = ['README.md', 'CHANGELOG.md', ...filesOf('docs', '.md'), ...filesOf('packages', 'README.md')]
const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8')
/** The targets of links in a page, without those into the web and to its own headings. */
const linksOf = (text: string) =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!).filter((target) => !/^(https?:|#)/.test(target))

describe.each(pages)('%s', (page) => {
  test('links lead somewhere', () => {
    const lost = linksOf(textOf(page)).filter(
      (target) => !existsSync(join(ROOT, dirname(page), decodeURI(target.split('#')[0]!))),
    )
    expect(lost).toEqual([])
  })

  test('no rest of a merge', () => {
    expect(textOf(page)).not.toMatch(/^(<{7}|={7}|>{7}|(> ){7})|^\| (<{7}|={7}|>{7})/m)
  })
})

test('docs/architecture.md has every file of src once', () => {
  const rows = [...textOf('docs/architecture.md').matchAll(/^\| \[[^\]]+\]\(\.\.\/(src\/[^)]+)\)/gm)].map(
    ([, file]) => file!,
  )
  const files = ['.ts', '.mjs'].flatMap((ending) => filesOf('src', ending)).map((file) => file.split(sep).join('/'))
  expect(rows.filter((file) => !file.endsWith('tsconfig.json')).sort()).toEqual(files.sort())
})

import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { parseSync } from 'vite'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const MAX_LINES = 400
/** Imports go downward only: index, worker, adapter → api → runtime → core, store, transport, hosts → protocol. */
const LEVELS: Readonly<Record<string, number>> = {
  api: 3,
  runtime: 2,
  core: 1,
  store: 1,
  transport: 1,
  hosts: 1,
  protocol: 0,
}
const ENTRY_LEVEL = 4
/** Chosen by package.json's imports, by platform. */
const CHOSEN: Readonly<Record<string, string>> = {
  '#host': 'hosts',
  '#spill': 'store',
  '#courier': 'hosts',
  '#workers': 'hosts',
}
/** In the pure folders time, chance and the platform come in as arguments. */
const IMPURE = new Set(
  `Promise AbortSignal Worker MessagePort MessageChannel BroadcastChannel Atomics Buffer Math.random crypto fetch performance
  setTimeout setInterval setImmediate queueMicrotask requestAnimationFrame console process navigator window document self
  Date.now`.split(/\s+/),
)

type Tree = Readonly<Record<string, unknown>>
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null

function* walk(node: unknown): Generator<Tree> {
  if (Array.isArray(node)) for (const item of node) yield* walk(item)
  else if (isTree(node)) {
    if (typeof node.type === 'string') yield node
    for (const [key, child] of Object.entries(node)) {
      const isName = !node.computed && (key === 'property' || key === 'key')
      if (!isName || !isTree(child) || child.type !== 'Identifier') yield* walk(child)
    }
  }
}

const nameOf = (node: unknown): string => (isTree(node) && typeof node.name === 'string' ? node.name : '')

function impurity(node: Tree): string | undefined {
  if (node.type === 'AwaitExpression' || node.await === true) return 'await'
  if (node.async === true) return 'async'
  if (node.type === 'NewExpression' && nameOf(node.callee) === 'Date' && !(node.arguments as unknown[]).length)
    return 'new Date()'
  const name = node.type === 'MemberExpression' ? `${nameOf(node.object)}.${nameOf(node.property)}` : nameOf(node)
  return node.type === 'Identifier' || node.type === 'MemberExpression'
    ? IMPURE.has(name)
      ? name
      : undefined
    : undefined
}

function importProblem(file: string, specifier: string): string | undefined {
  const [top, area = ''] = file.split('/')
  const target = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier
  if (top === 'packages') {
    // The testing package runs the real core and transport under simulated conditions.
    const mayUse = area === 'testing' && /^src\/(core|transport|protocol)\//.test(target)
    const leaves = specifier.startsWith('.') && !target.startsWith(`packages/${area}/`) && !mayUse
    const inside = /^(troupe\/(?!adapter$)|#)/.test(specifier)
    return leaves || inside ? `imports ${specifier}: packages use troupe and troupe/adapter only` : undefined
  }
  const from = LEVELS[area] ?? ENTRY_LEVEL
  if (!specifier.startsWith('.') && !(specifier in CHOSEN)) {
    return area === 'core' || area === 'protocol' ? `imports ${specifier}: ${area} is pure` : undefined
  }
  const to = CHOSEN[specifier] ?? target.split('/')[1] ?? ''
  if (!target.startsWith('src/') && !(specifier in CHOSEN)) return `imports ${specifier}, which is outside src`
  if (area === to && !(specifier in CHOSEN)) return undefined
  return from > (LEVELS[to] ?? ENTRY_LEVEL) || (from === ENTRY_LEVEL && !(to in LEVELS))
    ? undefined
    : `imports ${specifier}: ${area} may not use ${to}`
}

/** What is wrong with one source file; nothing when it keeps the rules. */
function problems(file: string, text: string): string[] {
  const found: string[] = []
  const lineCount = text.trimEnd().split('\n').length
  if (lineCount > MAX_LINES) found.push(`has ${lineCount} lines, the end is ${MAX_LINES}`)
  const { program, errors } = parseSync(file, text)
  if (errors.length > 0) return [`cannot be parsed: ${errors[0]?.message}`]
  for (const node of walk(program)) {
    const source = /Import|Export/.test(String(node.type)) && isTree(node.source) ? node.source.value : undefined
    const wrong = typeof source === 'string' ? importProblem(file, source) : undefined
    const impure = /^src\/(core|protocol)\//.test(file) ? impurity(node) : undefined
    if (wrong) found.push(wrong)
    if (impure) found.push(`uses ${impure}: core and protocol are pure`)
  }
  return found.map((problem) => `${file} ${problem}`)
}

const sources = ['src', 'packages'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ts$/.test(name) && !/(^|[\\/])(node_modules|dist|test)[\\/]/.test(name))
    .map((name) => join(folder, name).split(sep).join('/')),
)

describe('layers', () => {
  test('every source file keeps its layer, the pure folders are pure, and no file is too long', () => {
    expect(sources.length).toBeGreaterThan(20)
    expect(sources.flatMap((file) => problems(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([])
  })

  test.each([
    ['src/core/a.ts', `import { x } from '../runtime/x.ts'`],
    ['src/core/a.ts', `import type { X } from '../store/x.ts'`],
    ['src/protocol/a.ts', `export { x } from '../core/x.ts'`],
    ['src/store/a.ts', `const x = await import('../transport/x.ts')`],
    ['src/runtime/a.ts', `import { x } from '../api/x.ts'`],
    ['src/hosts/a.ts', `import { x } from '#host'`],
    ['src/store/a.ts', `import { x } from '#spill'`],
    ['src/core/a.ts', `import { x } from '#spill'`],
    ['src/api/a.ts', `import { x } from '../index.ts'`],
    ['src/api/a.ts', `import { x } from '../../demo/x.ts'`],
    ['src/core/a.ts', `import { x } from 'node:fs'`],
    ['src/core/a.ts', `export const f = async () => 1`],
    ['src/core/a.ts', `export function f(): Promise<void> | undefined { return undefined }`],
    ['src/core/a.ts', `export const x = Math.random()`],
    ['src/protocol/a.ts', `export const x = new Date()`],
    ['src/protocol/a.ts', `export const x = Date.now()`],
    ['src/protocol/a.ts', `setTimeout(() => {}, 1)`],
    ['packages/vite/src/a.ts', `import { x } from 'troupe/worker'`],
    ['packages/vite/src/a.ts', `import { x } from '../../../src/index.ts'`],
    ['packages/testing/src/a.ts', `import { x } from '../../../src/runtime/x.ts'`],
    ['src/api/a.ts', `export const x = 1${'\n// x'.repeat(MAX_LINES)}`],
  ])('finds what is wrong in %s: %s', (file, text) => {
    expect(problems(file, text)).not.toEqual([])
  })

  test.each([
    ['src/index.ts', `export { x } from './api/x.ts'; export { y } from './worker.ts'`],
    [
      'src/runtime/a.ts',
      `import { x } from '#host'; import { w } from '#spill'; import { y } from '../core/y.ts'; import { z } from './z.ts'`,
    ],
    [
      'src/core/a.ts',
      `import { x } from '../protocol/x.ts'; export const f = (at: Date, o: { process: 1 }) => o.process + +at`,
    ],
    [
      'src/protocol/a.ts',
      `// Promise\nexport interface Store { get(): PromiseLike<'await'> }; export const d = new Date(3)`,
    ],
    ['packages/testing/src/sim/a.ts', `import { x } from '../../../../src/core/x.ts'`],
    ['packages/vite/src/a.ts', `import { x } from 'troupe/adapter'; export const code = \`import 'troupe/worker'\``],
  ])('has nothing against %s: %s', (file, text) => {
    expect(problems(file, text)).toEqual([])
  })
})

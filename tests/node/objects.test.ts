import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

const mebibyte = 2 ** 20
const budget = 256 * mebibyte
const limitMs = 300_000
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'troupe-objects-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function commandOf(name: string, argument: string): { args: string[]; env: NodeJS.ProcessEnv } {
  const kept = Object.entries(process.env).filter(([key]) => !/^VITEST|^NODE_OPTIONS$/.test(key))
  const program = join(import.meta.dirname, 'programs/objects.ts')
  const args = ['--expose-gc', '--import', 'tsx', '--conditions=troupe-source', program, name, argument]
  return { args, env: { ...Object.fromEntries(kept), TMPDIR: folder } }
}

/** Runs a program in a process of its own, with its files in `folder`, and gives what it told. */
async function run<T>(name: string, argument = ''): Promise<T> {
  const { args, env } = commandOf(name, argument)
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: limitMs })
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as T
}

/** The folders of runs. */
function runs(): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('troupe-'))
    .flatMap((name) => readdirSync(join(folder, name)))
}

test(
  '2 GB of puts go through a budget of 256 MB and come back right',
  async () => {
    interface Told {
      good: number
      most: number
      diskBytes: number
      isGoodInWorker: boolean
      left: { count: number; memoryBytes: number; diskBytes: number }
      maxRssBytes: number
    }
    const dry = await run<Told>('overflow', 'dry')
    const told = await run<Told>('overflow')
    expect(told).toMatchObject({ good: 256, isGoodInWorker: true, left: { count: 0, memoryBytes: 0, diskBytes: 0 } })
    expect(told.diskBytes).toBeGreaterThan(1700 * mebibyte)
    expect(told.most).toBeLessThanOrEqual(budget + 8 * mebibyte + 4096)
    const grown = (told.maxRssBytes - dry.maxRssBytes) / mebibyte
    expect(grown, `grown by ${grown} MB`).toBeLessThanOrEqual(256 + 200)
    expect(runs()).toEqual([])
  },
  2 * limitMs,
)

test(
  'what a killed process has left is cleaned by the next start',
  async () => {
    const { args, env } = commandOf('doomed', '')
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    expect(runs()).toHaveLength(1)
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await exited
    expect(runs()).toHaveLength(1)
    await run('start', '500')
    expect(runs()).toEqual([])
  },
  limitMs,
)

test(
  'ten actors share one object of 100 MB: memory grows by one copy',
  async () => {
    const told = await run<{ good: number; grown: number; places: string[] }>('share')
    expect(told).toMatchObject({ good: 10, places: ['shared-memory'] })
    const grown = told.grown / mebibyte
    expect(grown, `grown by ${grown} MB`).toBeGreaterThan(80)
    expect(grown, `grown by ${grown} MB`).toBeLessThan(170)
  },
  limitMs,
)

test(
  'one object of 1 GB, in memory and through the disk',
  async () => {
    expect(await run('huge', 'memory')).toMatchObject({ isGood: true, isGoodInWorker: true, place: 'memory' })
    expect(await run('huge', 'disk')).toMatchObject({ isGood: true, place: 'disk' })
    expect(runs()).toEqual([])
  },
  2 * limitMs,
)

test(
  'a hundred thousand objects in several realms, some of them killed: the books balance',
  async () => {
    expect(await run('books')).toEqual({ count: 100_000, left: { objects: 0, lent: 0, borrowed: 0 } })
  },
  limitMs,
)

test(
  'a full disk refuses the puts that have no room, and no others',
  async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder])
    try {
      const told = await run<{ kept: number; errors: string[]; good: number }>('full')
      expect(told.errors.length).toBeGreaterThan(5)
      for (const message of told.errors) expect(message).toMatch(/the disk is full\. Make room there \(ENOSPC\)/)
      // All that were taken, and one more when one of them was given up.
      expect(told.kept + told.errors.length).toBe(20)
      expect(told.kept).toBeGreaterThanOrEqual(6)
      expect(told.good).toBe(told.kept + 1)
    } finally {
      execFileSync('umount', ['-l', folder])
    }
  },
  limitMs,
)

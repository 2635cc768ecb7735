// Stores against what is underneath them, by turns in one process: node --import tsx --conditions=troupe-source bench/store.ts
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileStore } from '../src/store/file.ts'
import { SharedMemoryStore } from '../src/store/shared-memory.ts'
import { type Contest, compare, type Outcome, outcomeText } from './ratio.ts'
import { compareInBrowser } from './store-browser.ts'

const MIB = 2 ** 20
const numbers = new Float32Array((16 * MIB) / 4).map((_, index) => index / 3)
const folder = mkdtempSync(join(tmpdir(), 'troupe-bench-'))

const timed = (body: () => void): number => {
  const start = performance.now()
  body()
  return performance.now() - start
}

const files = FileStore.open({ folder })
const barePath = join(folder, 'bare')
const spill: Contest = {
  title: 'FileStore: write and read 16 MiB',
  goal: 0.7,
  async own() {
    const start = performance.now()
    files.write([{ id: 'a', value: numbers, bytes: numbers.byteLength }])
    const { value } = await files.read('a')
    const ms = performance.now() - start
    if ((value as Float32Array).at(-1) !== numbers.at(-1)) throw new Error('bug: it came back changed')
    files.delete(['a'])
    return ms
  },
  async bare() {
    const start = performance.now()
    writeFileSync(barePath, new Uint8Array(numbers.buffer))
    const read = await readFile(barePath)
    const ms = performance.now() - start
    if (read.length !== numbers.byteLength) throw new Error('it came back shorter')
    unlinkSync(barePath)
    return ms
  },
}

const shared = new SharedMemoryStore()
const target = new Float32Array(numbers.length)
const share: Contest = {
  title: 'SharedMemoryStore: put 16 MiB, against memcpy',
  goal: 0.6,
  own() {
    const ms = timed(() => shared.write([{ id: 'a', value: numbers, bytes: numbers.byteLength }]))
    shared.delete(['a'])
    return ms
  },
  bare: () => timed(() => target.set(numbers)),
}

const outcomes: Outcome[] = []
try {
  for (const contest of [spill, share]) outcomes.push(await compare(contest))
  outcomes.push(...(await compareInBrowser()))
} finally {
  files.close()
  rmSync(folder, { recursive: true, force: true })
}
for (const outcome of outcomes) console.log(outcomeText(outcome))
if (outcomes.some(({ ratio, goal }) => ratio < goal)) process.exitCode = 1

import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileStore } from '../src/store/file.ts'
import { SharedMemoryStore } from '../src/store/shared-memory.ts'
import { compare } from './ratio.ts'
import type { Measured } from './row.ts'

const MIB = 2 ** 20

/** The stores of Node against what is underneath them: files, and shared memory. */
export async function measureStore(onProgress: (text: string) => void): Promise<Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-bench-'))
  const files = FileStore.open({ folder })
  const barePath = join(folder, 'bare')
  const numbers = new Float32Array((16 * MIB) / 4).map((_, index) => index / 3)
  const shared = new SharedMemoryStore()
  const target = new Float32Array(numbers.length)
  const item = { id: 'a', value: numbers, bytes: numbers.byteLength }
  try {
    const spilled = await compare(
      {
        id: 'store-file-16m',
        subject: 'FileStore',
        work: 'FileStore: write and read 16 MiB',
        comparedWith: 'writeFileSync and readFile',
        goal: 0.7,
        async own() {
          const start = performance.now()
          files.write([item])
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
      },
      onProgress,
    )
    const kept = await compare(
      {
        id: 'store-shared-16m',
        subject: 'SharedMemoryStore',
        work: 'SharedMemoryStore: put 16 MiB',
        comparedWith: 'memcpy',
        goal: 0.6,
        own() {
          const ms = timed(() => shared.write([item]))
          shared.delete(['a'])
          return ms
        },
        bare: () => timed(() => target.set(numbers)),
      },
      onProgress,
    )
    return [spilled, kept]
  } finally {
    files.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function timed(body: () => void): number {
  const start = performance.now()
  body()
  return performance.now() - start
}

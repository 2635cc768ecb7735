import { fileURLToPath } from 'node:url'
import workerpool from 'workerpool'
import type { Caller } from '../caller.ts'

export async function openWorkerpool(threadCount: number): Promise<Caller> {
  const script = fileURLToPath(new URL('../workers/workerpool.js', import.meta.url))
  const pool = workerpool.pool(script, { minWorkers: threadCount, maxWorkers: threadCount, workerType: 'thread' })
  const exec = (name: string, argument: unknown) => pool.exec(name, [argument]) as unknown as PromiseLike<number>
  return {
    name: 'workerpool',
    add: (n) => exec('add', n),
    total: (order) => exec('total', order),
    spin: (rounds) => exec('spin', rounds),
    close: () => pool.terminate(true),
  }
}

import { Tinypool } from 'tinypool'
import type { Caller } from '../caller.ts'

export async function openTinypool(threadCount: number): Promise<Caller> {
  const filename = new URL('../workers/functions.js', import.meta.url).href
  const pool = new Tinypool({ filename, minThreads: threadCount, maxThreads: threadCount })
  return {
    name: 'tinypool',
    add: (n) => pool.run(n, { name: 'add' }),
    total: (order) => pool.run(order, { name: 'total' }),
    spin: (rounds) => pool.run(rounds, { name: 'spin' }),
    close: () => pool.destroy(),
  }
}

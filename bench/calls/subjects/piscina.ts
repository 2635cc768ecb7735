import { Piscina } from 'piscina'
import type { Caller } from '../caller.ts'

export async function openPiscina(threadCount: number): Promise<Caller> {
  const filename = new URL('../workers/functions.js', import.meta.url).href
  const pool = new Piscina({ filename, minThreads: threadCount, maxThreads: threadCount })
  return {
    name: 'piscina',
    add: (n) => pool.run(n, { name: 'add' }),
    total: (order) => pool.run(order, { name: 'total' }),
    spin: (rounds) => pool.run(rounds, { name: 'spin' }),
    close: () => pool.destroy(),
  }
}

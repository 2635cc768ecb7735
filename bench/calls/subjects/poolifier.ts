import { fileURLToPath } from 'node:url'
import { FixedThreadPool } from 'poolifier'
import type { Caller } from '../caller.ts'

export async function openPoolifier(threadCount: number): Promise<Caller> {
  const script = fileURLToPath(new URL('../workers/poolifier.js', import.meta.url))
  const pool = new FixedThreadPool<unknown, number>(threadCount, script)
  return {
    name: 'poolifier',
    add: (n) => pool.execute(n, 'add'),
    total: (order) => pool.execute(order, 'total'),
    spin: (rounds) => pool.execute(rounds, 'spin'),
    close: () => pool.destroy(),
  }
}

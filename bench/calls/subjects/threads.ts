import { type ModuleThread, Pool, spawn, Thread, Worker } from 'threads'
import type { Caller } from '../caller.ts'
import type { Order } from '../work.ts'

type Served = { add(n: number): number; total(order: Order): number; spin(rounds: number): number }

/** With one thread the plain thread, which is faster than a pool of one. */
export async function openThreads(threadCount: number): Promise<Caller> {
  // Relative to this module: an absolute path is taken for a relative one.
  const start = () => spawn<Served>(new Worker('../workers/threads.js'))
  return threadCount === 1 ? callerOf(await start()) : pooled(start, threadCount)
}

function callerOf(thread: ModuleThread<Served>): Caller {
  const { add, total, spin } = thread
  return { name: 'threads', add, total, spin, close: () => Thread.terminate(thread) }
}

function pooled(start: () => Promise<ModuleThread<Served>>, size: number): Caller {
  const pool = Pool(start, { size })
  return {
    name: 'threads',
    add: (n) => pool.queue(({ add }) => add(n)),
    total: (order) => pool.queue(({ total }) => total(order)),
    spin: (rounds) => pool.queue(({ spin }) => spin(rounds)),
    close: () => pool.terminate(true),
  }
}

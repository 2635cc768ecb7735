import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { usedHeap } from './heap.ts'
import type { BenchHost } from './host.ts'
import { findHung } from './probe-run.ts'
import { openPiscina } from './subjects/piscina.ts'
import { openPoolifier } from './subjects/poolifier.ts'
import { openThreads } from './subjects/threads.ts'
import { openTinypool } from './subjects/tinypool.ts'
import { openWorkerpool } from './subjects/workerpool.ts'

const bare = new URL('./workers/bare.js', import.meta.url)

/** The main thread of a Node process. */
export const nodeHost: BenchHost = {
  goals: {
    seq: { atMost: 1.1 },
    'window-1000': { atLeast: 3 },
    'cpu-window': { atMost: 0.25 },
    'burst-32': { atLeast: 1 },
    'burst-100k': { atLeast: 2 },
    'object-args': { atLeast: 0.8 },
    'tasks-empty': { atLeast: 5 },
    'tasks-25us': { atLeast: 1.3 },
    'light-10k': { atMost: 3 },
    'start-cold': { atMost: 1.5 },
    'start-warm': { atMost: 0.2 },
    'wait-1k': { atMost: 6 },
    'idle-cpu': { atMost: 0.005 },
  },
  goalToComlink: { atLeast: 10 },
  goalToPools: { atLeast: 8 },
  pools: {
    piscina: openPiscina,
    tinypool: openTinypool,
    workerpool: openWorkerpool,
    threads: openThreads,
    poolifier: openPoolifier,
  },
  cpuMs() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
  usedHeap,
  findHung,
  startBare() {
    const worker = new Worker(bare)
    return {
      async ask(n) {
        worker.postMessage(n)
        const [answer] = await once(worker, 'message')
        return answer as number
      },
      end: () => worker.terminate(),
    }
  },
  block: (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
}

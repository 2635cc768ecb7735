import type { BenchHost } from './host.ts'

/** The main thread of a page. */
export const pageHost: BenchHost = {
  goals: {
    seq: { atMost: 1.1 },
    'window-1000': { atLeast: 5 },
    'burst-32': { atLeast: 2.5 },
    'burst-100k': { atLeast: 6 },
    'object-args': { atLeast: 0.8 },
    'light-10k': { atMost: 3 },
    'start-cold': { atMost: 1.5 },
    'start-warm': { atMost: 0.5 },
    'wait-1k': { atMost: 6 },
  },
  goalToComlink: { atLeast: 10 },
  goalToPools: { atLeast: 8 },
  pools: {},
  findHung: async () => new Set(),
  startBare() {
    const worker = new Worker(new URL('./workers/bare-page.ts', import.meta.url), { type: 'module' })
    return {
      ask: (n) =>
        new Promise((resolve) => {
          worker.onmessage = ({ data }) => resolve(data)
          worker.postMessage(n)
        }),
      end: () => worker.terminate(),
    }
  },
  block(ms) {
    // Nothing else lets a page stand still: a loop would take a core from the workers.
    const request = new XMLHttpRequest()
    request.open('GET', `/slow?ms=${ms}`, false)
    request.send()
    if (request.status !== 200) throw new Error(`/slow has answered ${request.status}`)
  },
}

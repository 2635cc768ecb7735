// Plays schedules on all cores.
import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'

const atOnce = 250

/**
 * Plays the seeds from…from + count − 1.
 * @param {string} module the bundled simulation
 * @param {{ from: number, count: number, stopAt?: (violation: object) => boolean, onProgress?: (done: number) => void }} options
 * @returns {Promise<{ done: number, violations: { seed: number, invariant: string, message: string }[] }>}
 */
export async function playAll(module, { from, count, stopAt = () => false, onProgress }) {
  const violations = []
  let next = from
  let done = 0
  let isOver = false
  const end = from + count
  const size = Math.min(availableParallelism(), Math.ceil(count / atOnce))
  const runOne = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./player.mjs', import.meta.url), { workerData: { module } })
      const give = () => {
        if (isOver || next >= end) return void worker.terminate().then(resolve)
        // Small portions first: where faults are planted, few are needed.
        const seeds = { from: next, count: Math.min(atOnce, Math.max(10, done), end - next) }
        next += seeds.count
        worker.postMessage(seeds)
      }
      worker.on('error', reject)
      worker.on('message', ({ played, found }) => {
        done += played
        violations.push(...found)
        if (found.some(stopAt)) isOver = true
        onProgress?.(done)
        give()
      })
      give()
    })
  await Promise.all(Array.from({ length: size }, runOne))
  return { done, violations: violations.sort((a, b) => a.seed - b.seed) }
}

/** Removes a bundled simulation. */
export function discard(module) {
  rmSync(dirname(module), { recursive: true, force: true })
}

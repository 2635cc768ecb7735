import { expose } from 'comlink'
import type { ContextStorage, PortLike, WorkerControl } from '../../protocol/platform.ts'
import type { WorkerConfig } from '../../protocol/worker-host.ts'

/** Browsers have no async context: the value is there while the body runs. */
export function syncContext<T>(): ContextStorage<T> {
  let current: T | undefined
  return {
    survivesAwait: false,
    run(value, body) {
      const outer = current
      current = value
      try {
        return body()
      } finally {
        current = outer
      }
    },
    current: () => current,
  }
}

/**
 * Answers the page that started this worker, and holds a lock named after the worker for as long as it lives: the
 * browser grants it to the page when the worker has ended, however that came about.
 */
export function exposeControl(control: WorkerControl): void {
  expose({
    ...control,
    async start(config: WorkerConfig, port: PortLike) {
      await holdLock(config.workerId)
      await control.start(config, port)
    },
  })
}

/** The name of the lock a worker holds while it lives. */
export function lockName(workerId: string): string {
  return `troupe:${workerId}`
}

function holdLock(workerId: string): Promise<void> {
  const { locks } = navigator
  if (locks === undefined) return Promise.resolve()
  return new Promise((resolve) => {
    locks
      .request(lockName(workerId), () => {
        resolve()
        return new Promise<never>(() => {})
      })
      // Sandboxed frames have locks that always reject: the port tells of the end there.
      .catch(() => resolve())
  })
}

/** Developer tools go on to show the name a worker was started with; its own code sees this one. */
export function nameRealm(name: string): void {
  ;(globalThis as { name?: string }).name = name
}

/** Calls back when the page goes away. */
export function onLeave(listener: () => void): void {
  globalThis.addEventListener?.('pagehide', listener)
}

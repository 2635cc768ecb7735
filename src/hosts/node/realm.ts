import { AsyncLocalStorage } from 'node:async_hooks'
import { parentPort } from 'node:worker_threads'
import { expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { ContextStorage, WorkerControl } from '../../protocol/platform.ts'

/** AsyncLocalStorage: the value is there after every await. */
export function createContext<T>(): ContextStorage<T> {
  const storage = new AsyncLocalStorage<T>()
  return {
    survivesAwait: true,
    run: (value, body) => storage.run(value, body),
    current: () => storage.getStore(),
  }
}

let timer: ReturnType<typeof setInterval> | undefined

/** All ports and workers are unreferenced, so that an idle runtime never holds a script; this holds it while calls are pending. */
export function keepAlive(on: boolean): void {
  if (on) timer ??= setInterval(() => {}, 0x3fffffff)
  else if (timer !== undefined) {
    clearInterval(timer)
    timer = undefined
  }
}

/** Answers the thread that started this one. */
export function exposeControl(control: WorkerControl): void {
  if (parentPort === null) throw new Error('serve() runs in a worker thread; this is the main thread.')
  expose(control, nodeEndpoint(parentPort))
}

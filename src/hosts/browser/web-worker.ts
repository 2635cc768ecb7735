import { transfer, wrap } from 'comlink'
import type { HostWorker, StartOptions, WorkerControl } from '../../protocol/platform.ts'
import type { WorkerConfig, WorkerExit } from '../../protocol/worker-host.ts'
import type { CourierOrder, PageCourier } from './courier.ts'
import { lockName } from './realm.ts'

type WorkerFactory = (name: string) => Worker

/** Set by the bundler plugin: makes a worker that knows every actor module of the app. */
const factoryKey: symbol = Symbol.for('troupe.worker-factory')

/** Starts a module Web Worker. It is watched by a Web Lock, its error event and the start timeout. */
export function startWorker(config: WorkerConfig, options: StartOptions): HostWorker {
  const { worker, url } = construct(config.name, options)
  const { port1, port2 } = new MessageChannel()
  const control = wrap<WorkerControl>(worker)
  let courier: Promise<PageCourier> | undefined
  worker.addEventListener('message', ({ data }: MessageEvent<CourierOrder | undefined>) => {
    if (data?.courier === undefined) return
    // Most pages never need it.
    courier ??= import('./courier.ts').then((module) => new module.PageCourier())
    void courier.then((loaded) => loaded.handle(data))
  })
  const exits: ((exit: WorkerExit) => void)[] = []
  let hasExited = false
  const exited = (exit: WorkerExit): void => {
    if (hasExited) return
    hasExited = true
    void courier?.then((loaded) => loaded.close())
    for (const listener of exits) listener(exit)
  }
  const ready = handshake(
    worker,
    url,
    control.start(config, transfer(port2, [port2])).then(() => {}),
    options.startTimeoutMs,
  )
  const handle: HostWorker = {
    port: port1,
    ready: ready.then(() =>
      awaitLock(config.workerId, () => exited({ reason: 'ended (it closed itself, crashed or was terminated)' })),
    ),
    onExit: (listener) => void exits.push(listener),
    // Held by this: a Comlink proxy that is collected tells the other side to let go of its port.
    stop: () => void control.stop(),
    async terminate() {
      worker.terminate()
      exited({ reason: 'was ended' })
    },
  }
  return handle
}

function construct(name: string, options: StartOptions): { worker: Worker; url: string } {
  const given = options.worker as WorkerFactory | undefined
  const factory = given ?? (globalThis as unknown as Record<symbol, WorkerFactory | undefined>)[factoryKey]
  if (options.workerUrl !== undefined) {
    const url = String(options.workerUrl)
    return { worker: new Worker(url, { type: 'module', name }), url }
  }
  if (factory !== undefined)
    return {
      worker: factory(name),
      url: given === undefined ? 'the worker of the bundler plugin' : 'the worker of init({ worker })',
    }
  // In a variable: bundlers take the literal form for a worker of the app's own and fail on it.
  const entry = '../worker-entry.js'
  const url = new URL(entry, import.meta.url).href
  return { worker: new Worker(url, { type: 'module', name }), url }
}

// A worker that cannot load tells nothing but an error event without a message, or nothing at all.
function handshake(worker: Worker, url: string, started: PromiseLike<void>, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new Error(`${url} did not answer within ${timeoutMs} ms. Does the module call serve() from 'troupe/worker'?`),
        ),
      timeoutMs,
    )
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      act()
    }
    worker.addEventListener('error', (event) => {
      event.preventDefault()
      const { message, filename, lineno } = event as ErrorEvent
      settle(() =>
        reject(new Error(message ? `${url} failed: ${message} (${filename}:${lineno})` : silentFailure(url))),
      )
    })
    started.then(
      () => settle(resolve),
      (error) => settle(() => reject(error)),
    )
  })
}

function silentFailure(url: string): string {
  const isolated = globalThis.crossOriginIsolated
    ? ' or that it lacks a Cross-Origin-Embedder-Policy header of its own, which this isolated page requires,'
    : ''
  return `${url} could not be loaded as a module worker. The browser does not say why; likely the URL answers 404 or with HTML, a module it imports fails to load or throws, the Content-Security-Policy (worker-src) blocks it,${isolated} or it is on another origin. Open the URL in a tab, or look at the network panel.`
}

function awaitLock(workerId: string, granted: () => void): void {
  const { locks } = navigator
  // Without locks the closing of the worker's port tells of its end.
  locks?.request(lockName(workerId), granted).catch(() => {})
}

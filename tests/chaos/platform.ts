import { ChaosRecord } from './record.ts'

const key = 'troupe.chaos'

type Threads = typeof import('node:worker_threads')
const threads = (): Threads => process.getBuiltinModule('node:worker_threads')

/** Node gives the record to its threads; a page answers its workers that ask for it. */
export const isNode: boolean = typeof process !== 'undefined' && typeof process.exit === 'function'

interface Message {
  /** The worker that wants the record. It gets it as a message of its own: broadcasts carry no shared memory. */
  readonly ask?: string
  /** The worker that waits to be ended. */
  readonly end?: string
}

/** Driver: workers that start from now on find the record, and can be ended. Returns what stops this. */
export function share(record: ChaosRecord): () => void {
  if (isNode) {
    threads().setEnvironmentData(key, record.buffer)
    return () => threads().setEnvironmentData(key, undefined as never)
  }
  const workers = watchWorkers()
  const channel = new BroadcastChannel(key)
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.ask !== undefined) workers.get(data.ask)?.postMessage({ chaos: record.buffer })
    else if (data.end !== undefined) workers.get(data.end)?.terminate()
  }
  return () => channel.close()
}

type WorkerFactory = (name: string) => Worker

// The bundler plugin's factory, with a memory of what it made.
function watchWorkers(): ReadonlyMap<string, Worker> {
  const workers = new Map<string, Worker>()
  const factories = globalThis as unknown as Record<symbol, WorkerFactory>
  const factoryKey = Symbol.for('troupe.worker-factory')
  const make = factories[factoryKey]!
  factories[factoryKey] = (name) => {
    const worker = make(name)
    workers.set(name, worker)
    return worker
  }
  return workers
}

// The page knows a worker by the name it was started with; it is called after what lives in it later.
let startName = ''

/** Worker: the record of the run. */
export async function sharedRecord(workerId: string): Promise<ChaosRecord> {
  if (isNode) return new ChaosRecord(threads().getEnvironmentData(key) as unknown as SharedArrayBuffer)
  const buffer = await new Promise<SharedArrayBuffer>((resolve) => {
    const listener = ({ data }: MessageEvent<{ chaos?: SharedArrayBuffer }>): void => {
      if (data.chaos === undefined) return
      globalThis.removeEventListener('message', listener)
      resolve(data.chaos)
    }
    globalThis.addEventListener('message', listener)
    const channel = new BroadcastChannel(key)
    startName = (globalThis as { name?: string }).name ?? workerId
    channel.postMessage({ ask: startName } satisfies Message)
    channel.close()
  })
  return new ChaosRecord(buffer)
}

/** Worker: ends it here and now; not one more line of it runs. */
export function endHere(workerId: string): never {
  if (isNode) process.exit(3)
  const channel = new BroadcastChannel(key)
  channel.postMessage({ end: startName || workerId } satisfies Message)
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

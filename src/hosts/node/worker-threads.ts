import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { MessageChannel, type ResourceLimits, Worker } from 'node:worker_threads'
import { transfer, wrap } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { HostWorker, StartOptions, WorkerControl } from '../../protocol/platform.ts'
import type { WorkerConfig, WorkerExit } from '../../protocol/worker-host.ts'
import { usesTsx } from './modules.ts'

const runsFromSource = import.meta.url.endsWith('.ts')
const bootstrapUrl = new URL(runsFromSource ? '../bootstrap.mjs' : './bootstrap.mjs', import.meta.url)
const entryUrl = new URL(runsFromSource ? '../../worker-entry.ts' : '../worker-entry.js', import.meta.url)

/** Starts a worker thread. The thread never keeps the process alive. */
export function startWorker(config: WorkerConfig, options: StartOptions): HostWorker {
  const entry = String(options.workerUrl ?? entryUrl)
  const worker = new Worker(bootstrapUrl, {
    name: config.name,
    workerData: { entry, tsx: tsxUrl() },
    ...memoryLimit(options.workerMemoryBytes),
    ...workerFlags(),
  })
  const { port1, port2 } = new MessageChannel()
  const exit = watchExit(worker)
  const control = wrap<WorkerControl>(nodeEndpoint(worker))
  // After Comlink's listener, which would hold the process again.
  worker.unref()
  return {
    port: port1,
    ready: handshake(
      control.start(config, transfer(port2, [port2 as never])).then(() => {}),
      exit,
      {
        entry,
        timeoutMs: options.startTimeoutMs,
      },
    ),
    onExit: (listener) => void exit.then(listener),
    // Held by this: a Comlink proxy that is collected tells the other side to let go of its port.
    stop: () => void control.stop(),
    async terminate() {
      await worker.terminate()
    },
  }
}

function memoryLimit(bytes: number | undefined): { resourceLimits: ResourceLimits } | undefined {
  if (bytes === undefined || bytes === Number.POSITIVE_INFINITY) return undefined
  return { resourceLimits: { maxOldGenerationSizeMb: Math.ceil(bytes / 2 ** 20) } }
}

// Comlink never answers for a thread that died: the exit and a clock stand beside it.
async function handshake(
  started: PromiseLike<void>,
  exit: Promise<WorkerExit>,
  { entry, timeoutMs }: { entry: string; timeoutMs: number },
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const text = `${entry} did not answer within ${timeoutMs} ms. Does the module call serve() from 'troupe/worker'?`
    timer = setTimeout(() => reject(new Error(text)), timeoutMs)
    timer.unref()
  })
  try {
    await Promise.race([started, late, exit.then((how) => Promise.reject(new Error(`${entry} ${how.reason}`)))])
  } finally {
    clearTimeout(timer)
  }
}

function watchExit(worker: Worker): Promise<WorkerExit> {
  return new Promise((resolve) => {
    let failure: (Error & { code?: string }) | undefined
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error))
    })
    worker.on('exit', (exitCode) => {
      if (failure?.code === 'ERR_WORKER_OUT_OF_MEMORY')
        resolve({ reason: 'ran out of memory', exitCode, isOutOfMemory: true })
      else if (failure !== undefined)
        resolve({ reason: `ended by an uncaught error: ${failure.stack ?? failure.message}`, exitCode })
      else resolve({ reason: `exited with code ${exitCode}`, exitCode })
    })
  })
}

const aboutTheDriver = /^(--input-type|--eval|-e|-p|--print|-pe|--test)/
const aboutModules =
  /^(--conditions|-C|--import|--require|-r|--loader|--experimental|--no-experimental|--enable-source-maps)/

// Workers inherit the flags of the process. Those that say how the driver's program was given mean nothing to a worker,
// and Node refuses them there; then only the ones about modules are handed on.
function workerFlags(): { execArgv: string[] } | undefined {
  const { execArgv } = process
  if (!execArgv.some((flag) => aboutTheDriver.test(flag))) return undefined
  const isKept = (flag: string, i: number): boolean =>
    aboutModules.test(flag) ||
    (aboutModules.test(execArgv[i - 1] ?? '') && !execArgv[i - 1]!.includes('=') && !flag.startsWith('-'))
  return { execArgv: execArgv.filter(isKept) }
}

let tsx: string | undefined | null = null

function tsxUrl(): string | undefined {
  if (tsx === null) tsx = usesTsx() || runsFromSource ? findTsx() : undefined
  return tsx
}

function findTsx(): string | undefined {
  for (const from of [pathToFileURL(`${process.cwd()}/`).href, import.meta.url]) {
    try {
      return new URL('./dist/esm/api/index.mjs', pathToFileURL(createRequire(from).resolve('tsx/package.json'))).href
    } catch {
      // Not installed there.
    }
  }
  return undefined
}

import { capabilities, init, kill } from 'troupe'
import { Counter } from './counters/counters.actor.ts'
import { el } from './site/dom.ts'

/** Whether something is on, with a line that says what or why not. */
interface Status {
  readonly on: boolean
  readonly what: string
  readonly note: string
}

const coreCount = navigator.hardwareConcurrency

interface Gpu {
  readonly name: string
  /** Drawn by the CPU: it works, but is no faster. */
  readonly isSoftware: boolean
}

async function findGpu(): Promise<Gpu | undefined> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null)
  if (!adapter) return undefined
  const { vendor, architecture, isFallbackAdapter } = adapter.info
  return { name: [vendor, architecture].filter(Boolean).join(' ') || 'unnamed', isSoftware: isFallbackAdapter }
}

function showStatus(name: string, { what, note }: Status): void {
  document.querySelector(`[data-capability="${name}"] dd`)?.replaceChildren(what, el('small', {}, note))
}

function showNeed(name: string, text: string, tone: 'good' | 'warn' | 'bad'): void {
  for (const pill of document.querySelectorAll(`[data-needs="${name}"]`)) {
    pill.textContent = text
    pill.className = `pill ${tone}`
  }
}

/** Starts an actor, calls it and tells how long a call takes. */
async function callOnce(): Promise<Status> {
  await init()
  const counter = Counter.remote()
  try {
    const { workerId } = await counter.where()
    const startMs = performance.now()
    const value = await counter.increment()
    const tookMs = performance.now() - startMs
    return { on: true, what: `increment() is ${value}`, note: `${tookMs.toFixed(1)} ms to worker ${workerId} and back` }
  } finally {
    kill(counter)
  }
}

async function showCapabilities(): Promise<void> {
  const [{ workers, webgpu, sharedMemory }, gpu] = await Promise.all([capabilities(), findGpu()])
  const cores = `${coreCount} ${coreCount === 1 ? 'core' : 'cores'} here`
  showStatus('workers', describe(workers, cores))
  showStatus('gpu', describe(webgpu, gpu?.isSoftware ? `software only: ${gpu.name}` : `WebGPU: ${gpu?.name}`))
  showStatus('sharedMemory', describe(sharedMemory, 'the page is cross-origin isolated'))
  showNeed('workers', workers?.on ? 'ready' : 'needs workers', workers?.on ? 'good' : 'bad')
  showNeed('gpu', webgpu?.on && gpu?.isSoftware === false ? 'ready, on the GPU' : 'ready, on the CPU', 'good')
}

function describe(capability: { on: boolean; why?: string } | undefined, note: string): Status {
  const on = capability?.on ?? false
  return { on, what: on ? 'on' : 'off', note: on ? note : (capability?.why ?? 'not known') }
}

function failure(error: unknown): Status {
  return { on: false, what: 'failed', note: error instanceof Error ? error.message : String(error) }
}

await showCapabilities()
showStatus('call', await callOnce().catch(failure))

import type { Capability } from '../../protocol/platform.ts'
import { gpuProvider } from './gpu.ts'

/** What this page can do, and why it cannot do the rest. */
export async function capabilities(): Promise<Record<string, Capability>> {
  const insecure = globalThis.isSecureContext ? '' : 'the page is not a secure context (use https or localhost)'
  return {
    workers: typeof Worker === 'function' ? { on: true } : { on: false, why: 'this browser has no workers' },
    sharedMemory: globalThis.crossOriginIsolated
      ? { on: true }
      : { on: false, why: insecure || 'the page is not cross-origin isolated (it needs the COOP and COEP headers)' },
    memoryLimits: { on: false, why: 'browsers do not limit the memory of a worker: one without memory takes its page' },
    webLocks:
      navigator.locks === undefined ? { on: false, why: insecure || 'this browser has no Web Locks' } : { on: true },
    webgpu: await webGpu(insecure),
    indexedDB: typeof indexedDB === 'undefined' ? { on: false, why: 'this browser has no IndexedDB' } : { on: true },
  }
}

async function webGpu(insecure: string): Promise<Capability> {
  if (navigator.gpu === undefined) return { on: false, why: insecure || 'this browser has no WebGPU' }
  const adapters = await gpuProvider.listAdapters()
  if (adapters.length === 0) return { on: false, why: 'the browser has WebGPU but offers no adapter' }
  return adapters.every(({ isSoftware }) => isSoftware)
    ? { on: true, why: 'a software adapter: it counts as no GPU unless softwareGpu or numGpus says otherwise' }
    : { on: true }
}

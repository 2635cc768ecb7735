import { ContextLostError, getGpuAdapter, getGpuDevice, getGpuIds, TroupeError } from 'troupe'
import type { GpuSources } from './gpu.ts'

/** The GPUs of this realm: those of the running GPU actor, else what `navigator.gpu` gives. */
export function gpuSources(): GpuSources {
  if (!holdsGpu()) return { gpu: globalThis.navigator?.gpu }
  return { gpu: { requestAdapter: actorAdapter }, actorDevice: getGpuDevice }
}

function holdsGpu(): boolean {
  try {
    return getGpuIds().length > 0
  } catch (error) {
    // Calls interleave here, so the realm cannot know which one asks; its own GPU is as good.
    if (error instanceof ContextLostError) return false
    throw error
  }
}

/** The actor's adapter, or null where its GPU is a number in a ledger and no more. */
async function actorAdapter(): Promise<GPUAdapter | null> {
  try {
    return await getGpuAdapter()
  } catch (error) {
    if (error instanceof TroupeError && error.code === 'GPU_UNAVAILABLE') return null
    throw error
  }
}

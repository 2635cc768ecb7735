import type { NodeResources } from '../core/node-ledger.ts'
import type { GpuProvider, GpuTraits } from '../protocol/gpu-provider.ts'

/** The GPUs that a node has of itself: its real adapters, or with `software` all. */
export async function foundGpus(
  provider: GpuProvider,
  software: boolean,
): Promise<Pick<NodeResources, 'gpus' | 'gpuStatus'>> {
  const adapters = (await adaptersOf(provider)).filter(({ isSoftware }) => software || !isSoftware)
  return { gpus: adapters.length, gpuStatus: adapters.map((traits) => ({ state: 'ok', traits })) }
}

/** So many GPUs, over adapters that are still to be found. */
export function wantedGpus(count: number): Pick<NodeResources, 'gpus' | 'gpuStatus'> {
  return { gpus: count, gpuStatus: Array.from({ length: count }, () => ({ state: 'unknown' })) }
}

/** What a provider lists. A driver that fails to answer is none. */
export async function adaptersOf(provider: GpuProvider): Promise<readonly GpuTraits[]> {
  try {
    return await provider.listAdapters()
  } catch {
    return []
  }
}

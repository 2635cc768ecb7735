import type { GpuNeeds } from '../protocol/gpu-provider.ts'
import type { ResourceRequest } from '../protocol/specs.ts'
import { checkKeys, checkNumber } from '../runtime/checks.ts'
import type { GpuOptions } from './types/common.ts'

interface ResourceOptions {
  numCpus?: number
  numGpus?: number
  gpu?: GpuOptions
  resources?: Readonly<Record<string, number>>
}

/** What an actor or task asks for, from its options. */
export function requestOf(options: ResourceOptions, defaultCpus: number): ResourceRequest {
  const { numCpus, numGpus = 0, gpu, resources = {} } = options
  const custom = Object.fromEntries(Object.entries(resources).filter(([, amount]) => amount > 0))
  const request = { cpu: numCpus ?? defaultCpus, gpu: numGpus, custom }
  if (gpu === undefined) return request
  if (numGpus === 0)
    throw new RangeError('gpu says what the GPUs that are asked for must have, and none is asked for; add numGpus: 1.')
  return { ...request, gpuNeeds: needsOf(gpu) }
}

// In one order, so that alike requests are known as such.
function needsOf({ features = [], minBufferBytes }: GpuOptions): GpuNeeds {
  return {
    features: [...new Set(features)].sort(),
    ...(minBufferBytes === undefined ? {} : { minBufferBytes }),
  }
}

/** Throws at once for GPU needs that cannot be right. */
export function checkGpuNeeds(needs: GpuOptions | undefined, where: string): void {
  if (needs === undefined) return
  checkKeys(needs, ['features', 'minBufferBytes'], `${where}: gpu`)
  checkNumber(needs.minBufferBytes, { name: 'gpu.minBufferBytes', where, min: 0, isInteger: true })
  const { features = [] } = needs
  if (!Array.isArray(features) || features.some((one) => typeof one !== 'string'))
    throw new TypeError(`${where}: gpu.features must be a list of names like ['shader-f16'].`)
}

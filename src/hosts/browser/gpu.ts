import type { GpuProvider } from '../../protocol/gpu-provider.ts'
import { type AdapterSource, listAdapters } from '../gpu-traits.ts'

/** The GPUs of a page and its workers. `navigator.gpu` exists also where there is no adapter, so it is asked. */
export const gpuProvider: GpuProvider = {
  async listAdapters() {
    const { gpu } = navigator
    return gpu === undefined ? [] : listAdapters(gpu as AdapterSource)
  },
  async requestAdapter(wanted) {
    const { gpu } = navigator
    if (gpu === undefined) return null
    return gpu.requestAdapter({ powerPreference: wanted?.powerPreference ?? 'high-performance' })
  },
}

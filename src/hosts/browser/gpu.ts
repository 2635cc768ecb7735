/** One GPU when there is a real adapter; a software adapter counts only when asked for. */
export async function countGpus(softwareGpu: boolean): Promise<number> {
  const adapter = await requestAdapter()
  if (adapter === null) return 0
  return softwareGpu || !isSoftware(adapter) ? 1 : 0
}

/** The adapter of this realm. `navigator.gpu` exists also where there is none, so it is asked. */
export async function requestAdapter(): Promise<GPUAdapter | null> {
  const { gpu } = navigator
  if (gpu === undefined) return null
  return gpu.requestAdapter({ powerPreference: 'high-performance' })
}

/** Whether an adapter computes on the CPU. */
export function isSoftware(adapter: GPUAdapter): boolean {
  return (
    adapter.info.isFallbackAdapter === true ||
    /swiftshader|llvmpipe|basic render/i.test(
      `${adapter.info.vendor} ${adapter.info.architecture} ${adapter.info.description}`,
    )
  )
}

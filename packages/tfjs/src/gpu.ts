/** A GPU device to run on, and what is known about the adapter behind it. */
export interface GpuFound {
  readonly device: GPUDevice
  readonly info: GPUAdapterInfo
  /** What to call the adapter: `nvidia hopper`, `google swiftshader, a software adapter`. */
  readonly title: string
  /** Whether it computes on the CPU. */
  readonly software: boolean
}

/** Where devices come from. */
export interface GpuSources {
  /** The realm's `navigator.gpu`, where there is one. */
  readonly gpu: Pick<GPU, 'requestAdapter'> | undefined
  /** Gives the device that belongs to the running GPU actor; undefined outside of one. */
  readonly actorDevice?: ((descriptor: GPUDeviceDescriptor) => Promise<GPUDevice>) | undefined
}

/**
 * Finds the device to compute on: the GPU actor's own, else one of a fresh adapter. Rejects with the reason when there
 * is none, or only a software adapter and `acceptSoftware` is false: on those, wasm is some forty times faster.
 */
export async function findGpu({ gpu, actorDevice }: GpuSources, acceptSoftware: boolean): Promise<GpuFound> {
  if (!gpu) throw new Error('this realm has no navigator.gpu')
  // navigator.gpu exists where no adapter does, so only the adapter tells.
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) throw new Error('no adapter')
  const software = isSoftware(adapter.info)
  const name = adapterName(adapter.info)
  if (software && !acceptSoftware) throw new Error(`only a software adapter (${name}), slower than wasm`)
  const descriptor = deviceDescriptor(adapter)
  const device = actorDevice ? await actorDevice(descriptor) : await adapter.requestDevice(descriptor)
  return { device, info: adapter.info, software, title: software ? `${name}, a software adapter` : name }
}

/** Whether an adapter computes on the CPU. */
export function isSoftware(info: GPUAdapterInfo): boolean {
  if (info.isFallbackAdapter) return true
  return /swiftshader|llvmpipe|lavapipe|basic render/i.test(
    `${info.vendor} ${info.architecture} ${info.device} ${info.description}`,
  )
}

function adapterName({ vendor, architecture, description }: GPUAdapterInfo): string {
  return [vendor, architecture].filter(Boolean).join(' ') || description || 'unnamed adapter'
}

// The backend sizes its kernels by what the device allows, and a device allows the bare minimum unless asked.
function deviceDescriptor({ limits, features }: GPUAdapter): GPUDeviceDescriptor {
  return {
    requiredFeatures: features.has('timestamp-query') ? ['timestamp-query'] : [],
    requiredLimits: {
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  }
}

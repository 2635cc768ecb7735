import { host } from '#host'
import { TroupeError } from '../protocol/errors.ts'
import { currentCall } from '../runtime/context.ts'

/** The GPUs of this node that the running actor or task was given; empty elsewhere. */
export function getGpuIds(): number[] {
  return [...(currentCall()?.gpuIds ?? [])]
}

/** The WebGPU adapter of the running GPU actor or task. Throws elsewhere, and where the node has no adapter. */
export async function getGpuAdapter(): Promise<GPUAdapter> {
  const call = currentCall()
  if (call === undefined || call.gpuIds.length === 0) {
    throw new TypeError(
      `getGpuDevice() and getGpuAdapter() work in actors and tasks that were given a GPU (numGpus: 1); ${call === undefined ? 'this is the driver' : `${call.className ?? call.method} was given none`}.`,
    )
  }
  const adapter = (await host.requestAdapter()) as GPUAdapter | null
  if (adapter === null) {
    throw new TroupeError(
      `GPU ${call.gpuIds.join(', ')} of node ${call.runtime.nodeId} is a logical one: this platform offers no WebGPU adapter. Fall back to the CPU, or see capabilities() for the reason.`,
      {
        code: 'GPU_UNAVAILABLE',
      },
    )
  }
  return adapter
}

/** A WebGPU device of the running GPU actor's adapter. One adapter gives one device, so each call asks anew. */
export async function getGpuDevice(options?: GPUDeviceDescriptor): Promise<GPUDevice> {
  const adapter = await getGpuAdapter()
  return adapter.requestDevice(options)
}

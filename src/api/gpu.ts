import { TroupeError } from '../protocol/errors.ts'
import { checkKeys } from '../runtime/checks.ts'
import { type CallContext, currentCall } from '../runtime/context.ts'
import { gpusOf } from '../runtime/gpu-devices.ts'
import { type ArrayMaker, type BufferDevice, copySourceUsage, keepOnDevice } from '../runtime/gpu-objects.ts'
import { ObjectRef as Ref } from '../runtime/object-ref.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ObjectRef } from './types/references.ts'

/** The GPUs of this node that the running actor or task was given; empty elsewhere. */
export function getGpuIds(): number[] {
  return [...(currentCall()?.gpuIds ?? [])]
}

/**
 * A WebGPU adapter of the running GPU actor or task: of its first GPU, or of the one that is named. Rejects elsewhere,
 * and with code GPU_UNAVAILABLE where the node has no adapter.
 */
export async function getGpuAdapter(gpuId?: number): Promise<GPUAdapter> {
  const { call, id } = gpuCall('getGpuAdapter', gpuId)
  return (await gpusOf(call.runtime).adapter(id)) as unknown as GPUAdapter
}

/**
 * A WebGPU device of the running GPU actor or task: on its first GPU, or on the one that is named. What is wrong with work
 * given to it, and is not caught by an error scope, rejects the call that runs. When the device is lost the calls that
 * run reject with GpuDeviceLostError and the actor restarts, as far as `maxRestarts` lets it.
 */
export async function getGpuDevice(options?: GPUDeviceDescriptor, gpuId?: number): Promise<GPUDevice> {
  const { call, id } = gpuCall('getGpuDevice', gpuId)
  return (await gpusOf(call.runtime).device(id, call, options)) as unknown as GPUDevice
}

/** Arrays over the bytes of a buffer: `Float32Array`. */
export type GpuArrayClass<A> = new (bytes: ArrayBuffer) => A

/** Options of `putGpu`. */
export interface PutGpuOptions<A> {
  /** What other readers get, like `Float32Array`; an ArrayBuffer when it is not said. */
  readonly as?: GpuArrayClass<A>
  /** The device of the buffer; needed only where the actor has several. */
  readonly device?: GPUDevice
}

/**
 * Makes an object of a buffer that stays on the actor's device. Methods of the same actor that are given the ref get the
 * buffer itself, and nothing is copied; all other readers get its bytes, read back. The object owns the buffer: it is
 * destroyed with the last ref. It is lost with its device. The buffer needs the usage COPY_SRC.
 */
export function putGpu<A = ArrayBuffer>(buffer: GPUBuffer, options: PutGpuOptions<A> = {}): ObjectRef<GPUBuffer | A> {
  const where = 'putGpu'
  checkKeys(options, ['as', 'device'], where)
  const { call } = gpuCall(where, undefined)
  const { as: Class, device = onlyDevice(call.runtime) } = options
  if (typeof buffer?.mapAsync !== 'function') throw new TypeError(`${where}() takes a GPUBuffer.`)
  if ((buffer.usage & copySourceUsage) === 0)
    throw new RangeError(
      `${where}: the buffer cannot be read back; create it with the usage GPUBufferUsage.COPY_SRC too.`,
    )
  if (buffer.size % 4 !== 0)
    throw new RangeError(`${where}: the size of the buffer must be a multiple of 4 bytes, not ${buffer.size}.`)
  const make: ArrayMaker = (bytes) => (Class === undefined ? bytes : (new Class(bytes) as ArrayBufferView))
  const entry = keepOnDevice(call.runtime, { buffer, device: device as unknown as BufferDevice, make })
  return new Ref(entry) as unknown as ObjectRef<GPUBuffer | A>
}

function onlyDevice(runtime: Runtime): GPUDevice {
  const { devices } = gpusOf(runtime)
  const [first] = devices
  if (first === undefined || devices.size > 1)
    throw new RangeError(
      `putGpu: ${first === undefined ? 'there is no device that getGpuDevice() gave, or it is lost' : `this actor has ${devices.size} devices; say which one with { device }`}.`,
    )
  return first as unknown as GPUDevice
}

function gpuCall(name: string, gpuId: number | undefined): { call: CallContext; id: number } {
  const call = currentCall()
  const [first] = call?.gpuIds ?? []
  if (call === undefined || first === undefined) {
    throw new TroupeError(
      `${name}() works in actors and tasks that were given a GPU (numGpus: 1); ${call === undefined ? 'this is the driver' : `${call.className ?? call.method} was given none`}.`,
      { code: 'NO_GPU' },
    )
  }
  if (gpuId !== undefined && !call.gpuIds.includes(gpuId)) {
    throw new RangeError(
      `${name}: GPU ${gpuId} is not one of those that ${call.className ?? call.method} was given (${call.gpuIds.join(', ')}).`,
    )
  }
  return { call, id: gpuId ?? first }
}

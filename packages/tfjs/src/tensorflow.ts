import { type BackendChoice, type BackendName, type BackendRequest, chooseBackend } from './choose-backend.ts'
import { findGpu, type GpuFound, type GpuSources } from './gpu.ts'
import { gpuSources } from './gpu-sources.ts'
import { startWasm, type TensorFlowCore, type WasmPaths } from './wasm.ts'

/** What to run on. */
export interface TensorFlowOptions {
  /** `auto` takes webgpu on a real adapter, else wasm, else cpu; a named one falls back in the same order. */
  readonly backend?: BackendRequest
  /** Where the wasm files are; needed for wasm in browsers, not in Node. */
  readonly wasmPaths?: WasmPaths
  /** Where GPU devices come from; by default the GPU actor's own device, else `navigator.gpu`. */
  readonly gpu?: GpuSources
}

/** TensorFlow.js with a running backend, and the honest word on which one and why. */
export interface TensorFlow extends BackendChoice {
  readonly tf: TensorFlowCore
}

let running: Promise<unknown> = Promise.resolve()
let gpuInUse: { found: GpuFound; lost: boolean } | undefined

/**
 * Loads TensorFlow.js with the best backend that runs here, and only that backend. A software adapter is used only when
 * `webgpu` is asked for. TensorFlow.js has one backend a realm: a later call with another one switches for all its users.
 */
export async function tensorflow(options: TensorFlowOptions = {}): Promise<TensorFlow> {
  // First, while the realm still knows which call this is.
  const gpu = options.gpu ?? gpuSources()
  // One at a time: TensorFlow.js forgets a backend that is still starting when another is set.
  const result = running.then(() => start({ ...options, gpu }))
  running = result.catch(() => {})
  return result
}

async function start({
  backend = 'auto',
  wasmPaths,
  gpu,
}: TensorFlowOptions & { gpu: GpuSources }): Promise<TensorFlow> {
  const tf = await import('@tensorflow/tfjs-core')
  const starters: Record<BackendName, () => Promise<string>> = {
    webgpu: async () => startWebGpu(tf, gpu, backend === 'webgpu'),
    wasm: async () => startWasm(tf, wasmPaths, () => use(tf, 'wasm')),
    cpu: async () => {
      await import('@tensorflow/tfjs-backend-cpu')
      await use(tf, 'cpu')
      // In Node its first tensor prints a note about another package.
      Object.assign(tf.backend(), { firstUse: false })
      return ''
    },
  }
  return { tf, ...(await chooseBackend(backend, (name) => starters[name]())) }
}

async function startWebGpu(tf: TensorFlowCore, sources: GpuSources, acceptSoftware: boolean): Promise<string> {
  if (gpuInUse && !gpuInUse.lost && (acceptSoftware || !gpuInUse.found.software)) {
    return use(tf, 'webgpu', gpuInUse.found.title)
  }
  const found = await findGpu(sources, acceptSoftware)
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu')
  // It registers itself with a device of its own where navigator.gpu exists.
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu')
  tf.registerBackend('webgpu', () => new WebGPUBackend(found.device, found.info), 3)
  const inUse = { found, lost: false }
  gpuInUse = inUse
  found.device.lost.then(() => {
    inUse.lost = true
  })
  return use(tf, 'webgpu', found.title)
}

/** Makes a loaded backend the current one; rejects when another would run in its place. */
async function use(tf: TensorFlowCore, backend: BackendName, title = ''): Promise<string> {
  const isSet = await tf.setBackend(backend)
  if (!isSet || tf.getBackend() !== backend) throw new Error('it did not start')
  await tf.ready()
  return title
}

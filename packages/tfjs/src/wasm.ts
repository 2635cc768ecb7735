/** TensorFlow.js core, as `import * as tf from '@tensorflow/tfjs-core'` gives it. */
export type TensorFlowCore = typeof import('@tensorflow/tfjs-core')

/**
 * Where the three `.wasm` files of `@tensorflow/tfjs-backend-wasm` are: the address of their folder, or of each file.
 * Node finds them by itself. Workers resolve relative addresses against their own, so give absolute ones.
 */
export type WasmPaths =
  | string
  | {
      readonly 'tfjs-backend-wasm.wasm': string
      readonly 'tfjs-backend-wasm-simd.wasm': string
      readonly 'tfjs-backend-wasm-threaded-simd.wasm': string
    }

/** Loads the wasm backend and makes it the current one with `use`; rejects when its files cannot be found. */
export async function startWasm<T>(
  tf: TensorFlowCore,
  paths: WasmPaths | undefined,
  use: () => Promise<T>,
): Promise<T> {
  if (paths === undefined && !isNode()) throw new Error('no wasmPaths were given, the addresses of its files')
  const wasm = await import('@tensorflow/tfjs-backend-wasm')
  if (paths !== undefined) wasm.setWasmPaths(typeof paths === 'string' ? folder(paths) : paths)
  // Its threads are workers of their own, as many as there are cores. An actor is one thread: take more actors instead.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  return isNode() ? keepListeners(use) : use()
}

// In Node its start-up hooks the process: every uncaught error would then print the whole of its source.
async function keepListeners<T>(use: () => Promise<T>): Promise<T> {
  const events = ['uncaughtException', 'unhandledRejection'] as const
  const kept = events.map((event) => new Set(process.listeners(event as 'exit')))
  try {
    return await use()
  } finally {
    events.forEach((event, i) => {
      const added = process.listeners(event as 'exit').filter((listener) => !kept[i]?.has(listener))
      for (const listener of added) process.off(event, listener)
    })
  }
}

function folder(path: string): string {
  return path.endsWith('/') ? path : `${path}/`
}

function isNode(): boolean {
  return typeof process !== 'undefined' && typeof process.versions?.node === 'string'
}

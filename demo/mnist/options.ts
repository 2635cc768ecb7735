import type { BackendRequest, WasmPaths } from '@troupe/tfjs'

/** How to train: the seed decides the order of the digits, the backend what computes. */
export interface TrainingOptions {
  seed?: number
  backend?: BackendRequest
  /** Where the wasm files are; needed in browsers only. */
  wasmPaths?: WasmPaths
}

export type { BackendAttempt, BackendChoice, BackendName, BackendRequest } from './choose-backend.ts'
export type { GpuSources } from './gpu.ts'
export { type TensorFlow, type TensorFlowOptions, tensorflow } from './tensorflow.ts'
export type { TensorFlowCore, WasmPaths } from './wasm.ts'

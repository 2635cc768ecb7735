import type { WorkerHost } from '../protocol/platform.ts'
import { startWorker } from './node/worker-threads.ts'

/** Node: workers are threads. */
export const workers: WorkerHost = { startWorker }

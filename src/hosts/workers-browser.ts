import type { WorkerHost } from '../protocol/platform.ts'
import { startWorker } from './browser/web-worker.ts'

/** Browsers: workers are module Web Workers. */
export const workers: WorkerHost = { startWorker }

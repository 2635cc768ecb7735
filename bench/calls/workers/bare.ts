// A worker that answers messages, and no more.
import { parentPort } from 'node:worker_threads'

parentPort!.on('message', (n: number) => parentPort!.postMessage(n + 1))

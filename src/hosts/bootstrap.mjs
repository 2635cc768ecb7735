// The first module of every Node worker thread. Plain JavaScript: Node 20 cannot start a worker from TypeScript.
import { workerData } from 'node:worker_threads'

if (workerData.tsx !== undefined) {
  const { register } = await import(workerData.tsx)
  register()
}
await import(workerData.entry)

// A worker thread that spills into the run of its process, and ends when it is told to.
import { parentPort, workerData } from 'node:worker_threads'
import { register } from 'tsx/esm/api'

register()
const { FileStore } = await import('../../../src/store/file.ts')
const store = FileStore.open({ folder: workerData, runId: 'program', realm: 'w1', isMain: false })
store.write([{ id: 'a', value: 'of the thread', bytes: 8 }])
parentPort.once('message', () => process.exit())
parentPort.postMessage('written')

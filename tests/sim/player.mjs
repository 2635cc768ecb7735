// A thread that plays the schedules it is given.
import { parentPort, workerData } from 'node:worker_threads'

const { simulate } = await import(workerData.module)

parentPort.on('message', ({ from, count }) => {
  const found = []
  for (let seed = from; seed < from + count; seed++) {
    const { violation } = simulate(seed)
    if (violation !== undefined) found.push({ seed, ...violation })
  }
  parentPort.postMessage({ played: count, found })
})

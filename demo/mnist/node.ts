import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { BackendName } from '@troupe/tfjs'
import { ActorUnschedulableError, availableResources, clusterResources, init, isInitialized, kill } from 'troupe'
import { type Dataset, parseDataset } from './dataset.ts'
import { NeuralNetOnGPU } from './mnist.actor.ts'
import { sameWeights, trainPlain } from './plain.ts'
import { progressBar } from './progress.ts'

const STEPS = 100
const STEPS_A_CALL = 5

export interface MnistRun {
  readonly log?: (line: string) => void
  /** Told after every few steps; by default a bar on the terminal. */
  readonly progress?: (done: number, total: number, note: string) => void
  readonly seed?: number | undefined
  readonly backend?: BackendName | 'auto' | undefined
}

/**
 * Trains the network in a GPU actor, compares it with a plain loop, and asks for more GPUs than there are. Throws when
 * the weights differ or the request is not refused. Starts a runtime with one GPU when none runs.
 */
export async function runMnist({
  log = console.log,
  progress = progressBar('training'),
  seed = 0,
  backend = 'auto',
}: MnistRun = {}): Promise<void> {
  if (!isInitialized()) await init({ numGpus: 1 })
  const data = readDataset()
  const net = NeuralNetOnGPU.remote(data, { seed, backend })
  try {
    let loss = Number.NaN
    for (let done = 0; done < STEPS; done += STEPS_A_CALL) {
      progress(done, STEPS, Number.isNaN(loss) ? 'loading digits' : `loss ${loss.toFixed(3)}`)
      const losses = await net.train(STEPS_A_CALL)
      loss = losses.at(-1) ?? loss
    }
    progress(STEPS, STEPS, `loss ${loss.toFixed(3)}`)
    const [accuracy, report, place] = await Promise.all([net.getAccuracy(), net.backend(), net.where()])
    const worker = place.threadId ?? place.workerId
    log(`accuracy ${accuracy.toFixed(3)} after ${STEPS} steps on ${report.name} in worker ${worker}`)
    log(`backend: ${report.reason}`)
    const plain = await trainPlain(data, { steps: STEPS, seed, backend: report.name })
    if (!sameWeights(await net.getWeights(), plain.weights)) {
      throw new Error(`The actor's weights differ from those of a plain loop (seed ${seed}, ${report.name}).`)
    }
    log(`weights equal those of a plain loop without actors (seed ${seed}, ${report.name})`)
    await refuseSecondGpu(data, log)
  } finally {
    kill(net)
  }
}

async function refuseSecondGpu(data: Dataset, log: (line: string) => void): Promise<void> {
  const { GPU: gpuCount = 0 } = await clusterResources()
  const before = await availableResources()
  try {
    NeuralNetOnGPU.options({ numGpus: gpuCount + 1 }).remote(data)
  } catch (error) {
    if (!(error instanceof ActorUnschedulableError)) throw error
    const after = await availableResources()
    if (!sameResources(before, after)) throw new Error('A refused actor changed the available resources.')
    log(`${error.name} for ${gpuCount + 1} GPUs: ${error.message}`)
    log(`available resources are unchanged: ${JSON.stringify(after)}`)
    return
  }
  throw new Error(`An actor with ${gpuCount + 1} GPUs was accepted where there are ${gpuCount}.`)
}

function sameResources(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => a[name] === b[name])
}

function readDataset(): Dataset {
  return parseDataset(readFileSync(fileURLToPath(new URL('../../public/data/mnist.bin', import.meta.url))))
}

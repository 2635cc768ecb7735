import { type BackendAttempt, type BackendName, tensorflow } from '@troupe/tfjs'
import { actor } from 'troupe'
import { type Whereabouts, whereabouts } from '../site/where.ts'
import type { Dataset } from './dataset.ts'
import { type Prediction, SoftmaxNetwork, type Weights } from './network.ts'
import type { TrainingOptions } from './options.ts'

/** Which backend computes, and why this one. */
export interface BackendReport {
  name: BackendName
  reason: string
  tried: readonly BackendAttempt[]
}

/** A network that learns digits in a worker of its own, on the GPU where there is one. */
export const NeuralNetOnGPU = actor(
  class NeuralNetOnGPU {
    readonly #data: Dataset
    readonly #options: TrainingOptions
    #running: Promise<Running> | undefined

    constructor(data: Dataset, options: TrainingOptions = {}) {
      this.#data = data
      this.#options = options
    }

    /** Learns from the next `numSteps` batches and returns the loss of each. */
    async train(numSteps: number): Promise<number[]> {
      return (await this.#start()).network.train(numSteps)
    }

    /** The share of the digits held back, from 0 to 1, that it takes for what they are. */
    async getAccuracy(): Promise<number> {
      return (await this.#start()).network.accuracy(this.#data.test)
    }

    async getWeights(): Promise<Weights> {
      return (await this.#start()).network.weights()
    }

    /** What it takes each image for; 784 bytes an image. */
    async predict(images: Uint8Array): Promise<Prediction[]> {
      return (await this.#start()).network.predict(images)
    }

    async backend(): Promise<BackendReport> {
      return (await this.#start()).backend
    }

    where(): Whereabouts {
      return whereabouts()
    }

    // At the first call: a constructor cannot wait for a backend, and every method can.
    #start(): Promise<Running> {
      this.#running ??= startNetwork(this.#data, this.#options)
      return this.#running
    }
  },
  import.meta,
  { numGpus: 1 },
)

interface Running {
  network: SoftmaxNetwork
  backend: BackendReport
}

async function startNetwork(data: Dataset, { seed = 0, ...options }: TrainingOptions): Promise<Running> {
  const { tf, backend, reason, tried } = await tensorflow(options)
  return { network: new SoftmaxNetwork(tf, data.train, { seed }), backend: { name: backend, reason, tried } }
}

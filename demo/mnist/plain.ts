import { tensorflow } from '@troupe/tfjs'
import type { Dataset } from './dataset.ts'
import { SoftmaxNetwork, type Weights } from './network.ts'
import type { TrainingOptions } from './options.ts'

/** What a plain loop has learned. */
export interface PlainRun {
  losses: number[]
  accuracy: number
  weights: Weights
}

/** The same training without actors, in the calling realm: what the actor's results are compared with. */
export async function trainPlain(
  data: Dataset,
  { steps, seed = 0, ...options }: TrainingOptions & { steps: number },
): Promise<PlainRun> {
  const { tf } = await tensorflow(options)
  const network = new SoftmaxNetwork(tf, data.train, { seed })
  try {
    const losses = await network.train(steps)
    return { losses, accuracy: await network.accuracy(data.test), weights: await network.weights() }
  } finally {
    network.dispose()
  }
}

/** Whether two runs learned exactly the same numbers, bit for bit. */
export function sameWeights(a: Weights, b: Weights): boolean {
  return sameNumbers(a.weights, b.weights) && sameNumbers(a.bias, b.bias)
}

function sameNumbers(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]))
}

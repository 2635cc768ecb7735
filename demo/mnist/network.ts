import type * as TF from '@tensorflow/tfjs-core'
import { BatchStream, toUnit } from './batches.ts'
import { DIGIT_PIXELS, type Digits } from './dataset.ts'

/** The learned numbers: `weights` is 784 × 10, row by row; `bias` has ten entries. */
export interface Weights {
  weights: Float32Array
  bias: Float32Array
}

/** What the network takes a digit for, and how sure it is, from 0 to 1. */
export interface Prediction {
  digit: number
  confidence: number
}

const LEARNING_RATE = 0.5
const BATCH_SIZE = 100
// Enough digits at once to keep the backend busy, few enough to keep memory low.
const PREDICT_CHUNK = 1000

/**
 * One 784 × 10 softmax layer that learns by plain gradient descent on the cross-entropy (rate 0.5, batches of 100).
 * All starts at zero and the seed decides the order of the digits, so equal seeds on equal backends give equal weights.
 */
export class SoftmaxNetwork {
  readonly #tf: typeof TF
  readonly #batches: BatchStream
  readonly #weights: TF.Variable<TF.Rank.R2>
  readonly #bias: TF.Variable<TF.Rank.R1>

  constructor(tf: typeof TF, train: Digits, { seed }: { seed: number }) {
    this.#tf = tf
    this.#batches = new BatchStream(train, { seed, size: BATCH_SIZE })
    this.#weights = tf.tidy(() => tf.variable(tf.zeros([DIGIT_PIXELS, 10])))
    this.#bias = tf.tidy(() => tf.variable(tf.zeros([10])))
  }

  /** Learns from the next `numSteps` batches; resolves to the loss of each batch, taken before its step. */
  async train(numSteps: number): Promise<number[]> {
    if (!Number.isInteger(numSteps) || numSteps < 0) throw new RangeError(`Cannot train ${numSteps} steps.`)
    if (numSteps === 0) return []
    // One read-back for all losses: reading each would make a GPU wait at every step.
    const losses = this.#tf.tidy(() => {
      const scalars: TF.Scalar[] = []
      for (let step = 0; step < numSteps; step++) scalars.push(this.#step())
      return this.#tf.stack(scalars)
    })
    return Array.from(await read(losses))
  }

  /** The share of the digits, from 0 to 1, that the network takes for what they are. */
  async accuracy(digits: Digits): Promise<number> {
    const predictions = await this.predict(digits.images)
    const right = predictions.filter(({ digit }, i) => digit === digits.labels[i]).length
    return right / predictions.length
  }

  /** What the network takes each image for; `images` holds 784 bytes for each. */
  async predict(images: Uint8Array): Promise<Prediction[]> {
    const predictions: Prediction[] = []
    for (let start = 0; start < images.length; start += PREDICT_CHUNK * DIGIT_PIXELS) {
      const chunk = images.subarray(start, start + PREDICT_CHUNK * DIGIT_PIXELS)
      const probabilities = this.#tf.tidy(() => {
        const pixels = this.#tf.tensor2d(toUnit(chunk), [chunk.length / DIGIT_PIXELS, DIGIT_PIXELS])
        return this.#tf.softmax(this.#logits(pixels))
      })
      const rows = await read(probabilities)
      for (let row = 0; row < rows.length; row += 10) predictions.push(mostLikely(rows.subarray(row, row + 10)))
    }
    return predictions
  }

  /** A copy of what was learned so far. */
  async weights(): Promise<Weights> {
    const [weights, bias] = await Promise.all([this.#weights.data(), this.#bias.data()])
    return { weights: Float32Array.from(weights), bias: Float32Array.from(bias) }
  }

  /** Gives the memory of the layer back to the backend; the network is of no use afterwards. */
  dispose(): void {
    this.#weights.dispose()
    this.#bias.dispose()
  }

  // The gradient of the cross-entropy of a softmax is (probabilities − labels) / size. It is written out because
  // TensorFlow.js core comes without its table of gradients in Node.
  #step(): TF.Scalar {
    const tf = this.#tf
    const { pixels, oneHot, size } = this.#batches.next()
    return tf.tidy(() => {
      const images = tf.tensor2d(pixels, [size, DIGIT_PIXELS])
      const labels = tf.tensor2d(oneHot, [size, 10])
      const logits = this.#logits(images)
      const loss: TF.Scalar = tf.losses.softmaxCrossEntropy(labels, logits)
      const slope = tf.sub<TF.Tensor2D>(tf.softmax(logits), labels)
      const rate = LEARNING_RATE / size
      this.#weights.assign(tf.sub(this.#weights, tf.mul(tf.matMul(images, slope, true), rate)))
      this.#bias.assign(tf.sub(this.#bias, tf.mul(tf.sum(slope, 0), rate)))
      return loss
    })
  }

  #logits(images: TF.Tensor2D): TF.Tensor2D {
    return this.#tf.add(this.#tf.matMul(images, this.#weights), this.#bias)
  }
}

/** The numbers of a tensor, which is given back to the backend. */
async function read(tensor: TF.Tensor): Promise<Float32Array> {
  const numbers = await tensor.data<'float32'>()
  tensor.dispose()
  return numbers
}

function mostLikely(probabilities: Float32Array): Prediction {
  let digit = 0
  for (let i = 1; i < probabilities.length; i++) if (probabilities[i]! > probabilities[digit]!) digit = i
  return { digit, confidence: probabilities[digit]! }
}

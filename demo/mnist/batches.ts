import { seededRandom } from '../site/random.ts'
import { DIGIT_PIXELS, type Digits } from './dataset.ts'

/** One batch, ready for tensors: pixels from 0 to 1, and each label as a row of ten with a single 1. */
export interface Batch {
  pixels: Float32Array
  oneHot: Float32Array
  size: number
}

/** Batches in the order of a seeded shuffle, for ever: after the last full batch it starts over with the first. */
export class BatchStream {
  readonly #digits: Digits
  readonly #order: Uint32Array
  readonly #size: number
  #next = 0

  constructor(digits: Digits, { seed, size }: { seed: number; size: number }) {
    if (digits.labels.length < size) throw new RangeError(`${digits.labels.length} digits make no batch of ${size}.`)
    this.#digits = digits
    this.#size = size
    this.#order = shuffledIndices(digits.labels.length, seed)
  }

  next(): Batch {
    if (this.#next + this.#size > this.#order.length) this.#next = 0
    const indices = this.#order.subarray(this.#next, this.#next + this.#size)
    this.#next += this.#size
    const pixels = new Float32Array(this.#size * DIGIT_PIXELS)
    const oneHot = new Float32Array(this.#size * 10)
    indices.forEach((index, row) => {
      const start = index * DIGIT_PIXELS
      pixels.set(toUnit(this.#digits.images.subarray(start, start + DIGIT_PIXELS)), row * DIGIT_PIXELS)
      oneHot[row * 10 + this.#digits.labels[index]!] = 1
    })
    return { pixels, oneHot, size: this.#size }
  }
}

/** Pixel bytes as numbers from 0 to 1. */
export function toUnit(bytes: Uint8Array): Float32Array {
  const unit = new Float32Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) unit[i] = bytes[i]! / 255
  return unit
}

/** 0 … count − 1 in an order that only the seed decides (Fisher–Yates). */
export function shuffledIndices(count: number, seed: number): Uint32Array {
  const random = seededRandom(seed)
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const kept = order[i]!
    order[i] = order[j]!
    order[j] = kept
  }
  return order
}

/** The side of a digit in pixels. */
export const DIGIT_SIDE = 28
/** The pixels of one digit. */
export const DIGIT_PIXELS = DIGIT_SIDE * DIGIT_SIDE
/** How many of the digits are for training; the rest is held back to measure accuracy. */
export const TRAIN_COUNT = 8000

const MAGIC = 'TMN1'
const HEADER_BYTES = 20

/** Digits as bytes: `images` holds 784 pixels (0 paper … 255 ink) for each entry of `labels` (0 … 9). */
export interface Digits {
  images: Uint8Array
  labels: Uint8Array
}

/** What the network is given: digits to learn from, and digits it never sees while learning. */
export interface Dataset {
  train: Digits
  test: Digits
}

/**
 * Reads the packed file that demo/data.mjs writes. The file is shuffled, so the first 8 000 digits train and the
 * others are held back. Throws a RangeError that names what is wrong when the bytes are something else.
 */
export function parseDataset(bytes: Uint8Array, trainCount = TRAIN_COUNT): Dataset {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEADER_BYTES || String.fromCharCode(...bytes.subarray(0, 4)) !== MAGIC) {
    throw new RangeError(`Not a packed digit file: it does not start with ${MAGIC}. Run node demo/data.mjs.`)
  }
  const count = view.getUint32(4, true)
  const pixels = view.getUint16(8, true) * view.getUint16(10, true)
  if (pixels !== DIGIT_PIXELS) throw new RangeError(`The digits have ${pixels} pixels each, not ${DIGIT_PIXELS}.`)
  const expected = HEADER_BYTES + count * (DIGIT_PIXELS + 1)
  if (bytes.length !== expected) {
    throw new RangeError(`The digit file has ${bytes.length} bytes; ${count} digits need ${expected}.`)
  }
  if (trainCount < 1 || trainCount >= count) {
    throw new RangeError(`Cannot train on ${trainCount} of ${count} digits: some must be held back.`)
  }
  const labels = bytes.subarray(HEADER_BYTES + count * DIGIT_PIXELS)
  const images = bytes.subarray(HEADER_BYTES, HEADER_BYTES + count * DIGIT_PIXELS)
  // Copies, so that each array owns its buffer and can travel to an actor by itself.
  return {
    train: { images: images.slice(0, trainCount * DIGIT_PIXELS), labels: labels.slice(0, trainCount) },
    test: { images: images.slice(trainCount * DIGIT_PIXELS), labels: labels.slice(trainCount) },
  }
}

/** A copy of the digits from `start` to `end`. */
export function copyDigits(digits: Digits, start: number, end: number): Digits {
  return {
    images: digits.images.slice(start * DIGIT_PIXELS, end * DIGIT_PIXELS),
    labels: digits.labels.slice(start, end),
  }
}

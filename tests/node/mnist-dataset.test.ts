import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BatchStream, shuffledIndices } from '../../demo/mnist/batches.ts'
import { copyDigits, DIGIT_PIXELS, parseDataset } from '../../demo/mnist/dataset.ts'

/** A packed file of `count` digits: digit i is labelled i % 10 and all its pixels are i. */
function packed(count: number): Uint8Array {
  const bytes = new Uint8Array(20 + count * (DIGIT_PIXELS + 1))
  const view = new DataView(bytes.buffer)
  bytes.set([0x54, 0x4d, 0x4e, 0x31])
  view.setUint32(4, count, true)
  view.setUint16(8, 28, true)
  view.setUint16(10, 28, true)
  for (let i = 0; i < count; i++) {
    bytes.fill(i, 20 + i * DIGIT_PIXELS, 20 + (i + 1) * DIGIT_PIXELS)
    bytes[20 + count * DIGIT_PIXELS + i] = i % 10
  }
  return bytes
}

describe('the packed digit file', () => {
  it('is split into digits to train on and digits held back', () => {
    const { train, test } = parseDataset(packed(25), 20)
    expect([train.labels.length, test.labels.length]).toEqual([20, 5])
    expect([train.images.length, test.images.length]).toEqual([20 * DIGIT_PIXELS, 5 * DIGIT_PIXELS])
    expect([...test.labels]).toEqual([0, 1, 2, 3, 4])
    expect([test.images[0], test.images.at(-1)]).toEqual([20, 24])
  })

  it('may lie anywhere in a larger buffer, and its parts own their memory', () => {
    const file = packed(12)
    const larger = new Uint8Array(file.length + 7)
    larger.set(file, 7)
    const { train } = parseDataset(larger.subarray(7), 10)
    expect([...train.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(train.images.buffer.byteLength).toBe(10 * DIGIT_PIXELS)
  })

  it('is refused, with the reason, when it is something else, cut short, or leaves nothing to hold back', () => {
    expect(() => parseDataset(new TextEncoder().encode('<!doctype html>'))).toThrow('does not start with TMN1')
    expect(() => parseDataset(new Uint8Array())).toThrow(RangeError)
    expect(() => parseDataset(packed(5).subarray(0, -1), 4)).toThrow('5 digits need')
    expect(() => parseDataset(packed(5), 5)).toThrow('some must be held back')
    const wide = packed(5)
    new DataView(wide.buffer).setUint16(8, 27, true)
    expect(() => parseDataset(wide, 4)).toThrow('756 pixels each')
  })

  it('gives copies of some digits', () => {
    const { train } = parseDataset(packed(25), 20)
    const some = copyDigits(train, 3, 5)
    expect([...some.labels]).toEqual([3, 4])
    expect(some.images[0]).toBe(3)
    expect(some.images.buffer.byteLength).toBe(2 * DIGIT_PIXELS)
  })
})

describe('batches', () => {
  const { train } = parseDataset(packed(25), 20)

  it('come in the order of the seed, and start over after the last full one', () => {
    const stream = new BatchStream(train, { seed: 4, size: 8 })
    const order = shuffledIndices(20, 4)
    const firstPixels = (pixels: Float32Array) =>
      Array.from({ length: 8 }, (_, row) => Math.round(pixels[row * DIGIT_PIXELS]! * 255))
    expect(firstPixels(stream.next().pixels)).toEqual([...order.subarray(0, 8)])
    expect(firstPixels(stream.next().pixels)).toEqual([...order.subarray(8, 16)])
    expect(firstPixels(stream.next().pixels)).toEqual([...order.subarray(0, 8)])
  })

  it('mark each label with a single 1', () => {
    const { oneHot } = new BatchStream(train, { seed: 4, size: 8 }).next()
    const labels = [...shuffledIndices(20, 4).subarray(0, 8)].map((index) => index % 10)
    labels.forEach((label, row) => {
      const expected = new Array<number>(10).fill(0)
      expected[label] = 1
      expect([...oneHot.subarray(row * 10, row * 10 + 10)]).toEqual(expected)
    })
  })

  it('need as many digits as one holds', () => {
    expect(() => new BatchStream(train, { seed: 1, size: 21 })).toThrow('20 digits make no batch of 21')
  })

  it('are shuffled by the seed alone, each index once', () => {
    expect([...shuffledIndices(1000, 9)]).toEqual([...shuffledIndices(1000, 9)])
    expect([...shuffledIndices(1000, 9)]).not.toEqual([...shuffledIndices(1000, 10)])
    expect([...shuffledIndices(1000, 9)].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
  })
})

describe('public/data/mnist.bin', () => {
  it('holds 10 000 digits, all ten kinds in both parts', async () => {
    const { prepareData } = await import('../../demo/data.mjs')
    const { train, test } = parseDataset(readFileSync(prepareData({ log: () => {} })))
    expect([train.labels.length, test.labels.length]).toEqual([8000, 2000])
    for (const part of [train, test]) {
      const counts = Array.from({ length: 10 }, (_, d) => part.labels.filter((label) => label === d).length)
      expect(Math.min(...counts) / part.labels.length).toBeGreaterThan(0.08)
    }
    expect(train.images.some((pixel) => pixel > 250)).toBe(true)
  })
})

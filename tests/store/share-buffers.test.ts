import { createSecretKey, KeyObject } from 'node:crypto'
import { difference } from '@troupe/testing'
import { describe, expect, test } from 'vitest'
import { privateCopy, shareBuffers, unshare } from '../../src/store/share-buffers.ts'

const LARGE = 64 * 1024
type Floats = Float32Array

function acquirer() {
  const asked: [bytes: number, isExact: boolean][] = []
  const made: SharedArrayBuffer[] = []
  const acquire = (bytes: number, isExact: boolean) => {
    asked.push([bytes, isExact])
    const buffer = new SharedArrayBuffer(isExact ? bytes : bytes + 1000)
    made.push(buffer)
    return buffer
  }
  return { asked, made, acquire }
}

const bytesOf = (buffer: ArrayBufferLike) => new Uint8Array(buffer)

describe('shareBuffers', () => {
  test('large views lie in the memory that was acquired, small ones do not', () => {
    const { asked, made, acquire } = acquirer()
    const value = { large: new Float32Array(LARGE).fill(2), small: new Float32Array(8).fill(3) }
    const shared = shareBuffers(value, acquire, LARGE) as { large: Floats; small: Floats }
    expect(asked).toEqual([[LARGE * 4, false]])
    expect(shared.small.buffer).toBeInstanceOf(ArrayBuffer)
    // The same memory, seen through another object.
    new Float32Array(made[0]!)[5] = 77
    expect(shared.large[5]).toBe(77)
    expect(value.large[5]).toBe(2)
    value.small.fill(0)
    expect(shared.small[0]).toBe(3)
  })

  test('the length is exact where it can be seen, and only then', () => {
    const { asked, acquire } = acquirer()
    const buffer = new ArrayBuffer(LARGE + 3)
    shareBuffers({ view: new Uint8Array(buffer, 5), buffer }, acquire, LARGE)
    shareBuffers({ view: new Uint8Array(new ArrayBuffer(LARGE * 2), 5, LARGE) }, acquire, LARGE)
    expect(asked).toEqual([
      [LARGE + 3, true],
      [LARGE + 5, false],
    ])
  })

  test('shared memory in the value is copied: later writes to it are not seen', () => {
    const { acquire } = acquirer()
    const [small, large] = [new SharedArrayBuffer(16), new SharedArrayBuffer(LARGE)]
    const value = { small, view: new Uint8Array(small, 4, 4), large: new Uint8Array(large) }
    const shared = shareBuffers(value, acquire, LARGE) as typeof value
    for (const buffer of [small, large]) bytesOf(buffer).fill(9)
    expect([...shared.view]).toEqual([0, 0, 0, 0])
    expect(shared.view.buffer).toBe(shared.small)
    expect(shared.large.every((byte) => byte === 0)).toBe(true)
  })

  test('shared again, a value does not lie in the memory of the first one', () => {
    const [first, second] = [acquirer(), acquirer()]
    const once = shareBuffers(new Float64Array(LARGE).fill(1), first.acquire, LARGE)
    const twice = shareBuffers(once, second.acquire, LARGE) as Float64Array
    bytesOf(first.made[0]!).fill(0)
    expect(second.made).toHaveLength(1)
    expect(twice.every((number) => number === 1)).toBe(true)
  })

  test('buffers that can be resized are copied and stay so', () => {
    const { asked, acquire } = acquirer()
    const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer
    const buffer = new Resizable(LARGE, { maxByteLength: 2 * LARGE })
    const shared = shareBuffers({ buffer }, acquire, LARGE) as { buffer: ArrayBuffer & { resizable: boolean } }
    expect(asked).toEqual([])
    expect(shared.buffer.resizable).toBe(true)
    expect(shared.buffer).not.toBe(buffer)
  })

  test('instances of classes become plain objects, with large parts shared; keys of the platform stay keys', () => {
    const { asked, acquire } = acquirer()
    class Layer {
      weights = new Float32Array(LARGE)
      get [Symbol.toStringTag]() {
        return 'Layer'
      }
    }
    class Plain {
      inner = new Layer()
    }
    const key = createSecretKey(Buffer.from('secret'))
    const shared = shareBuffers({ plain: new Plain(), key }, acquire, LARGE) as { plain: Plain; key: KeyObject }
    expect(asked).toHaveLength(1)
    expect(Object.getPrototypeOf(shared.plain)).toBe(Object.prototype)
    expect(Object.getPrototypeOf(shared.plain.inner)).toBe(Object.prototype)
    expect(shared.plain.inner.weights.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(shared.key).toBeInstanceOf(KeyObject)
    expect(shared.key.export()).toEqual(Buffer.from('secret'))
  })

  test('chains of a hundred thousand objects do not overflow the stack of the walk', () => {
    let chain: unknown = new Float32Array(LARGE)
    for (let index = 0; index < 100_000; index++) chain = { next: chain }
    const { asked, acquire } = acquirer()
    // Structured clone itself gives up on such a chain, with an error of its own.
    expect(() => shareBuffers(chain, acquire, LARGE)).toThrow()
    expect(asked).toEqual([[LARGE * 4, false]])
  })
})

describe('privateCopy', () => {
  test('nothing of it is shared, and identities stay', () => {
    const { acquire, made } = acquirer()
    const numbers = new Float64Array(LARGE).map((_, index) => index / 7)
    const value = { numbers, bytes: new Uint8Array(numbers.buffer, 8, 16), list: [numbers.buffer], date: new Date(4) }
    const copy = privateCopy(shareBuffers(value, acquire, LARGE)) as typeof value
    for (const buffer of made) bytesOf(buffer).fill(0)
    expect(difference(value, copy)).toBe(undefined)
    expect(copy.numbers.buffer).toBeInstanceOf(ArrayBuffer)
    expect(copy.list[0]).toBe(copy.numbers.buffer)
  })

  test('a view gets a buffer that ends where it ends', () => {
    const { acquire } = acquirer()
    const view = new Float32Array(LARGE).fill(4)
    const shared = shareBuffers(view, acquire, LARGE) as Floats
    expect(shared.buffer.byteLength).toBeGreaterThan(LARGE * 4)
    expect((privateCopy(shared) as Floats).buffer.byteLength).toBe(LARGE * 4)
  })

  test('a value without shared memory is copied all the same', () => {
    const value = { list: [1], bytes: new Uint8Array(4) }
    const copy = privateCopy(value) as typeof value
    value.list.push(2)
    value.bytes.fill(1)
    expect(copy).toEqual({ list: [1], bytes: new Uint8Array(4) })
  })
})

test('unshare takes over what is not shared as it is', () => {
  const own = { own: new Uint8Array(LARGE) }
  expect(unshare(own)).toBe(own)
  const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(3)
  const mixed = unshare({ own, shared }) as { own: typeof own; shared: Uint8Array }
  expect(mixed.own.own).toBe(own.own)
  expect(mixed.shared).toEqual(new Uint8Array(8).fill(3))
  expect(mixed.shared.buffer).toBeInstanceOf(ArrayBuffer)
})

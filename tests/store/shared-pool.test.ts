import { describe, expect, test } from 'vitest'
import { SharedPool, sizeClass } from '../../src/store/shared-pool.ts'

const KIB = 1024
const MIB = 1024 * KIB

describe('sizeClass', () => {
  test('classes are powers of two with quarter steps, from 64 KiB', () => {
    expect([0, 1, 64 * KIB].map(sizeClass)).toEqual([64 * KIB, 64 * KIB, 64 * KIB])
    expect([64 * KIB + 1, 80 * KIB, 100 * KIB, 127 * KIB, 129 * KIB].map((bytes) => sizeClass(bytes) / KIB)).toEqual([
      80, 80, 112, 128, 160,
    ])
    expect([16 * MIB, 16 * MIB + 1, 3 * 2 ** 30].map(sizeClass)).toEqual([16 * MIB, 20 * MIB, 3 * 2 ** 30])
  })

  test('a buffer is never too small, and at most a quarter too large', () => {
    for (let bytes = 64 * KIB; bytes < 2 ** 36; bytes = Math.ceil(bytes * 1.07)) {
      expect(sizeClass(bytes)).toBeGreaterThanOrEqual(bytes)
      expect(sizeClass(bytes) / bytes).toBeLessThanOrEqual(1.25)
    }
  })
})

describe('SharedPool', () => {
  test('a buffer that was given back is given out again, the last one first', () => {
    const pool = new SharedPool()
    const [first, second] = [pool.acquire(100 * KIB), pool.acquire(110 * KIB)]
    expect([first.byteLength, second.byteLength]).toEqual([112 * KIB, 112 * KIB])
    pool.recycle(first)
    pool.recycle(second)
    expect(pool.freeBytes).toBe(224 * KIB)
    expect(pool.acquire(97 * KIB)).toBe(second)
    expect(pool.acquireExact(112 * KIB)).toBe(first)
    expect(pool.acquire(112 * KIB)).not.toBe(first)
    expect([pool.madeBytes, pool.freeBytes]).toEqual([336 * KIB, 0])
  })

  test('a buffer of an exact length is for that length only', () => {
    const pool = new SharedPool()
    const odd = pool.acquireExact(100_001)
    expect(odd.byteLength).toBe(100_001)
    pool.recycle(odd)
    expect(pool.acquire(100_001)).not.toBe(odd)
    expect(pool.acquireExact(100_001)).toBe(odd)
    expect(pool.acquireExact(0).byteLength).toBe(0)
  })

  test('trim drops free buffers only, until few enough bytes are free', () => {
    const pool = new SharedPool()
    const kept = pool.acquire(MIB)
    const small = pool.acquire(64 * KIB)
    for (const buffer of [pool.acquire(MIB), pool.acquire(2 * MIB), small]) pool.recycle(buffer)
    pool.trim(2 * MIB)
    expect([pool.madeBytes, pool.freeBytes]).toEqual([2 * MIB + 64 * KIB, MIB + 64 * KIB])
    pool.trim(0)
    expect([pool.madeBytes, pool.freeBytes]).toEqual([MIB, 0])
    pool.recycle(kept)
    expect(pool.acquire(MIB)).toBe(kept)
  })

  test('no more is free than maxFreeBytes', () => {
    const pool = new SharedPool({ maxFreeBytes: MIB })
    for (const buffer of [pool.acquire(MIB), pool.acquire(MIB), pool.acquire(2 * MIB)]) pool.recycle(buffer)
    expect(pool.freeBytes).toBe(MIB)
    expect(pool.madeBytes).toBe(MIB)
  })

  test('a buffer that is given up is not given out again', () => {
    const pool = new SharedPool()
    const buffer = pool.acquire(MIB)
    pool.forget(buffer)
    expect([pool.madeBytes, pool.freeBytes]).toEqual([0, 0])
    expect(pool.acquire(MIB)).not.toBe(buffer)
    expect(() => pool.recycle(buffer)).toThrow(/^bug: /)
  })

  test('a buffer that is given back twice, or to another pool, is a bug and says so', () => {
    const pool = new SharedPool()
    const buffer = pool.acquire(1)
    expect(() => new SharedPool().recycle(buffer)).toThrow(/^bug: /)
    pool.recycle(buffer)
    expect(() => pool.recycle(buffer)).toThrow(/^bug: /)
    expect(pool.freeBytes).toBe(64 * KIB)
  })

  test('without shared memory the constructor says what is missing', () => {
    const own = globalThis.SharedArrayBuffer
    Reflect.deleteProperty(globalThis, 'SharedArrayBuffer')
    try {
      expect(() => new SharedPool()).toThrow(/cross-origin isolation/)
    } finally {
      globalThis.SharedArrayBuffer = own
    }
  })
})

/** Below this, shared memory is not worth its cost. */
export const MIN_SHARED_BYTES: number = 64 * 1024

export interface SharedPoolOptions {
  /** Free buffers beyond so many bytes are dropped. Default: none are. */
  readonly maxFreeBytes?: number
}

/**
 * Shared memory in whole buffers that are used again, since a fresh one costs ten times the copy into it. A buffer
 * carries one object, and is free only when whoever acquired it says so: nobody may look at it any more then.
 */
export class SharedPool {
  readonly #maxFreeBytes: number
  /** Free buffers by length; the ones that became free last are at the end and taken first. */
  readonly #free = new Map<number, SharedArrayBuffer[]>()
  readonly #lent = new WeakSet<SharedArrayBuffer>()
  #madeBytes = 0
  #freeBytes = 0

  constructor(options: SharedPoolOptions = {}) {
    if (typeof SharedArrayBuffer === 'undefined') {
      throw new TypeError(
        'There is no shared memory in this realm. A page needs the headers COOP and COEP (cross-origin isolation); ' +
          'without them, copy.',
      )
    }
    this.#maxFreeBytes = options.maxFreeBytes ?? Number.POSITIVE_INFINITY
  }

  /** Bytes of all buffers, those in use and those that are free. */
  get madeBytes(): number {
    return this.#madeBytes
  }

  get freeBytes(): number {
    return this.#freeBytes
  }

  /** A buffer of at least so many bytes, with anything in it. RangeError when the platform has no memory left. */
  acquire(bytes: number): SharedArrayBuffer {
    return this.acquireExact(sizeClass(bytes))
  }

  /** A buffer of exactly so many bytes, with anything in it. */
  acquireExact(bytes: number): SharedArrayBuffer {
    const free = this.#free.get(bytes)
    const buffer = free?.pop() ?? this.#make(bytes)
    if (free !== undefined) {
      if (free.length === 0) this.#free.delete(bytes)
      this.#freeBytes -= bytes
    }
    this.#lent.add(buffer)
    return buffer
  }

  /** Takes a buffer back, to be given out again. */
  recycle(buffer: SharedArrayBuffer): void {
    this.#takeBack(buffer)
    const bytes = buffer.byteLength
    const free = this.#free.get(bytes)
    if (free === undefined) this.#free.set(bytes, [buffer])
    else free.push(buffer)
    this.#freeBytes += bytes
    if (this.#freeBytes > this.#maxFreeBytes) this.trim(this.#maxFreeBytes)
  }

  /** Gives a buffer up: somebody may look at it for ever, so it is not used again. */
  forget(buffer: SharedArrayBuffer): void {
    this.#takeBack(buffer)
    this.#madeBytes -= buffer.byteLength
  }

  /** Drops free buffers, largest first, until no more than so many bytes of them are left. */
  trim(maxFreeBytes: number): void {
    for (const bytes of [...this.#free.keys()].sort((a, b) => b - a)) {
      const free = this.#free.get(bytes)!
      while (this.#freeBytes > maxFreeBytes && free.length > 0) {
        free.shift()
        this.#freeBytes -= bytes
        this.#madeBytes -= bytes
      }
      if (free.length === 0) this.#free.delete(bytes)
    }
  }

  #make(bytes: number): SharedArrayBuffer {
    let buffer: SharedArrayBuffer
    try {
      buffer = new SharedArrayBuffer(bytes)
    } catch (error) {
      if (this.#freeBytes === 0) throw error
      this.trim(0)
      buffer = new SharedArrayBuffer(bytes)
    }
    this.#madeBytes += bytes
    return buffer
  }

  #takeBack(buffer: SharedArrayBuffer): void {
    if (!this.#lent.delete(buffer)) {
      throw new RangeError('bug: a buffer was given back to a pool that has not lent it, or that has it back already.')
    }
  }
}

/** The length of the buffer that carries so many bytes: a power of two with quarter steps, at least 64 KiB. */
export function sizeClass(bytes: number): number {
  if (bytes <= MIN_SHARED_BYTES) return MIN_SHARED_BYTES
  const below = 2 ** Math.floor(Math.log2(bytes))
  const step = below / 4
  return Math.ceil(bytes / step) * step
}

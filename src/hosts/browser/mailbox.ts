/** Places in the head of a mailbox. */
const Cell = { written: 0, read: 1, isFull: 2, generation: 3 } as const
const headBytes = 16
const roomBytes = 256 * 1024

/** A stream of bytes in shared memory from the page to a worker that blocks. One writes, one reads. */
export class Mailbox {
  readonly memory: SharedArrayBuffer
  readonly #cells: Int32Array
  readonly #bytes: Uint8Array

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(headBytes + roomBytes)) {
    this.memory = memory
    this.#cells = new Int32Array(memory, 0, headBytes / 4)
    this.#bytes = new Uint8Array(memory, headBytes)
  }

  /** Changes whenever something is written. */
  get writtenCount(): number {
    return Atomics.load(this.#cells, Cell.written)
  }

  /** Blocks while nothing is written since `count` was read, at most so many milliseconds. */
  sleep(count: number, ms: number): void {
    Atomics.wait(this.#cells, Cell.written, count, ms)
  }

  /** Writes as much as there is room for, and says how many bytes that was. Too few: `wasFull` will tell the reader. */
  write(bytes: Uint8Array): number {
    const written = this.writtenCount
    const taken = Math.min(bytes.length, this.#free(written))
    if (taken < bytes.length) Atomics.store(this.#cells, Cell.isFull, 1)
    // The reader may have made room before it could know that more is wanted.
    const count = Math.min(bytes.length, this.#free(written))
    const at = position(written)
    const first = Math.min(count, roomBytes - at)
    this.#bytes.set(bytes.subarray(0, first), at)
    this.#bytes.set(bytes.subarray(first, count), 0)
    Atomics.store(this.#cells, Cell.written, (written + count) | 0)
    Atomics.notify(this.#cells, Cell.written)
    return count
  }

  #free(written: number): number {
    return roomBytes - ((written - Atomics.load(this.#cells, Cell.read)) | 0)
  }

  /** All that was written. */
  read(): Uint8Array {
    const read = Atomics.load(this.#cells, Cell.read)
    const count = (this.writtenCount - read) | 0
    const bytes = new Uint8Array(count)
    const at = position(read)
    const first = Math.min(count, roomBytes - at)
    bytes.set(this.#bytes.subarray(at, at + first))
    bytes.set(this.#bytes.subarray(0, count - first), first)
    Atomics.store(this.#cells, Cell.read, (read + count) | 0)
    return bytes
  }

  /** True, once: the writer waits for room. */
  takeFull(): boolean {
    return Atomics.exchange(this.#cells, Cell.isFull, 0) === 1
  }

  /** The block for which the page has the ports; negative: it has sent them back. */
  set generation(generation: number) {
    Atomics.store(this.#cells, Cell.generation, generation)
  }

  /** True when `from` was the generation, and is `to` now. */
  changeGeneration(from: number, to: number): boolean {
    return Atomics.compareExchange(this.#cells, Cell.generation, from, to) === from
  }
}

function position(count: number): number {
  return (count >>> 0) % roomBytes
}

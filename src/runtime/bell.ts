import type { Bell } from '../transport/connection.ts'

const isBlocked = 0
const ringCount = 1

/** A bell in shared memory: the realm that blocks sleeps at it, the others ring it when they have sent something. */
export class SharedBell implements Bell {
  readonly memory: SharedArrayBuffer
  readonly #cells: Int32Array

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.memory = memory
    this.#cells = new Int32Array(memory)
  }

  /** Wakes the realm; nothing when it does not block. */
  ring(): void {
    if (Atomics.load(this.#cells, isBlocked) === 0) return
    Atomics.add(this.#cells, ringCount, 1)
    Atomics.notify(this.#cells, ringCount)
  }

  /** From now on it is worth ringing, or no more. */
  set isListening(on: boolean) {
    Atomics.store(this.#cells, isBlocked, on ? 1 : 0)
  }

  /** How often it has rung; to be read before looking for messages. */
  get count(): number {
    return Atomics.load(this.#cells, ringCount)
  }

  /** Blocks until it has rung since `count` was read, at most so many milliseconds. */
  sleep(count: number, ms: number): void {
    Atomics.wait(this.#cells, ringCount, count, ms)
  }
}

import type { Allowances } from './object-memory.ts'

/** What a worker may keep in memory: the main realm of its node grants it. */
export class WorkerAllowances implements Allowances {
  bytes: number
  readonly #ask: (bytes: number) => void
  #isAsked = false

  constructor(bytes: number, ask: (bytes: number) => void) {
    this.bytes = bytes
    this.#ask = ask
  }

  request(missingBytes: number): void {
    if (this.#isAsked) return
    this.#isAsked = true
    this.#ask(missingBytes)
  }

  /** The main realm says how much it is from now on. */
  allow(bytes: number): void {
    this.bytes = bytes
    this.#isAsked = false
  }
}

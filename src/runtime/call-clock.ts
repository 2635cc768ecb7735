/**
 * When calls come and end in this realm, in milliseconds of `performance.now()`. Reading a clock costs about as much as
 * the rest of a small call, so in a burst of calls each one begins when the one before it has ended.
 */
export class CallClock {
  #nowMs = 0
  #isInBurst = false
  readonly #endBurst = (): void => {
    this.#isInBurst = false
  }

  /** The time a call comes in: in the same burst, when the last one ended. */
  arrival(): number {
    if (this.#isInBurst) return this.#nowMs
    // A burst is read to its end before any microtask runs.
    queueMicrotask(this.#endBurst)
    this.#isInBurst = true
    return this.read()
  }

  read(): number {
    this.#nowMs = performance.now()
    return this.#nowMs
  }

  /** The last call goes on by itself: when it let go of the thread is not known. */
  lapse(): void {
    this.#isInBurst = false
  }
}

/** Lets a number of asynchronous jobs run at once; others wait their turn. */
export class Gate {
  #freeCount: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#freeCount = count
  }

  async pass<T>(job: () => Promise<T>): Promise<T> {
    if (this.#freeCount > 0) this.#freeCount--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await job()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#freeCount++
      else next()
    }
  }
}

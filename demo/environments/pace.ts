/** Keeps loops in step with the clock: `speed` times real time, endless speed, or paused. */
export class Pace {
  speed = 1
  #isPaused = false
  #waiting: (() => void)[] = []

  constructor() {
    // A hidden page plays on for nobody; timers there are slow anyway.
    document.addEventListener('visibilitychange', () => this.#release())
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  pause(on: boolean): void {
    this.#isPaused = on
    this.#release()
  }

  /** Resolves when the step that was due at `dueMs` may run, with the time the next is due. */
  async next(dueMs: number, stepMs: number): Promise<number> {
    while (this.#isPaused || document.hidden) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    if (this.speed === Number.POSITIVE_INFINITY) return performance.now()
    const now = performance.now()
    if (dueMs > now) await new Promise((resolve) => setTimeout(resolve, dueMs - now))
    // Time that was lost (a pause, a slow call) is not made up for by a rush of steps.
    return Math.max(dueMs, now - stepMs) + stepMs / this.speed
  }

  #release(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

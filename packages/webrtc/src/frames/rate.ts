/** So much a second, with one second’s worth at once after a rest. Time comes from outside, in milliseconds. */
export class Rate {
  readonly #perSecond: number
  #left: number
  #sinceMs: number | undefined

  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#left = this.#most
  }

  get #most(): number {
    return Math.max(1, this.#perSecond)
  }

  /** Takes an amount; false: not yet. One larger than what is left runs into debt, which later ones wait for. */
  take(amount: number, nowMs: number): boolean {
    this.#refill(nowMs)
    if (this.#left < 1) return false
    this.#left -= amount
    return true
  }

  /** After how many milliseconds something can be taken again. */
  waitMs(nowMs: number): number {
    this.#refill(nowMs)
    return this.#left >= 1 ? 0 : Math.ceil((1 - this.#left) / (this.#perSecond / 1000))
  }

  #refill(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - (this.#sinceMs ?? nowMs))
    this.#sinceMs = nowMs
    if (this.#perSecond === Number.POSITIVE_INFINITY) this.#left = this.#perSecond
    else this.#left = Math.min(this.#most, this.#left + (passedMs * this.#perSecond) / 1000)
  }
}

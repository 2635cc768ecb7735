const windowMs = 1000
const sampleCount = 101

/** Counts answered calls and tells the rate over the last second and the median round trip of the last hundred. */
export class CallMeter {
  #callCount = 0
  #times: number[] = []
  #roundTrips: number[] = []

  /** Notes a call that was answered at `endMs`, and how long it took, unless it had to wait for its actor to start. */
  add(endMs: number, roundTripMs?: number): void {
    this.#callCount += 1
    this.#times.push(endMs)
    if (roundTripMs !== undefined) this.#roundTrips.push(roundTripMs)
    if (this.#roundTrips.length > sampleCount) this.#roundTrips.shift()
  }

  get callCount(): number {
    return this.#callCount
  }

  /** Calls answered in the second before `nowMs`. */
  rate(nowMs: number): number {
    const first = this.#times.findIndex((time) => time > nowMs - windowMs)
    this.#times = first < 0 ? [] : this.#times.slice(first)
    return this.#times.length
  }

  /** Milliseconds; undefined before the first call. */
  medianRoundTripMs(): number | undefined {
    return this.#roundTrips.toSorted((a, b) => a - b)[Math.floor(this.#roundTrips.length / 2)]
  }
}

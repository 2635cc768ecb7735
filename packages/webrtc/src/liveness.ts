/** How a silent peer is noticed, in milliseconds. */
export interface LivenessTimes {
  readonly heartbeatMs: number
  readonly suspectedMs: number
  readonly lostMs: number
}

/** Whether one peer is heard. It knows no clock: time comes in. */
export class Liveness {
  readonly #times: LivenessTimes
  #heardMs: number
  #tickedMs: number
  #isSuspected = false

  constructor(times: LivenessTimes, nowMs: number) {
    this.#times = times
    this.#heardMs = nowMs
    this.#tickedMs = nowMs
  }

  get isSuspected(): boolean {
    return this.#isSuspected
  }

  /** Something came from it. True: it was suspected, and no longer is. */
  heard(nowMs: number): boolean {
    this.#heardMs = Math.max(this.#heardMs, nowMs)
    const wasSuspected = this.#isSuspected
    this.#isSuspected = false
    return wasSuspected
  }

  /** Called a few times per heartbeat. What is news: it is suspected, or lost. */
  tick(nowMs: number): 'suspected' | 'lost' | undefined {
    const { heartbeatMs, suspectedMs, lostMs } = this.#times
    // A realm that was blocked itself has not read what waits for it: that silence is its own.
    const sleptMs = nowMs - this.#tickedMs - heartbeatMs
    if (sleptMs > 0) this.#heardMs += sleptMs
    this.#tickedMs = nowMs
    const silentMs = nowMs - this.#heardMs
    if (silentMs >= lostMs) return 'lost'
    if (silentMs < suspectedMs || this.#isSuspected) return undefined
    this.#isSuspected = true
    return 'suspected'
  }
}

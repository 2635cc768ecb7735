/** What an actor has done since its present life began. */
export interface ActorFigures {
  /** Calls that gave a result. */
  readonly finishedCount: number
  /** Calls that threw or rejected, and those that ended with the actor. */
  readonly failedCount: number
  readonly runningCount: number
  /** Calls that are here and have not started. */
  readonly waitingCount: number
  /** How long calls have run, in all; calls that ran at the same time count each. */
  readonly runMs: number
  /** How long a call has waited here for its turn, on average. */
  readonly meanWaitMs: number
  /** The part of its age in which a call was running, awaits included: 0 to 1. */
  readonly utilisation: number
  /** Since it was constructed, by its last restart. */
  readonly ageMs: number
}

/** Figures as they come from the worker. */
export interface FiguresOf {
  readonly actorId: string
  readonly figures: ActorFigures
}

/** How many calls an actor has at a moment. */
interface Counts {
  readonly runningCount: number
  readonly waitingCount: number
}

/**
 * Adds up what the calls of an actor take. Every time the number of running or waiting calls is about to change, the time
 * since the last change is counted once for each of them, so that no call has to be remembered.
 */
export class CallMeter {
  #beganMs = 0
  #nowMs = 0
  #finishedCount = 0
  #failedCount = 0
  #runMs = 0
  #waitMs = 0
  #busyMs = 0

  begin(nowMs: number): void {
    this.#beganMs = this.#nowMs = nowMs
  }

  /** The time up to which it has counted. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** It is later now, and there were so many calls until now. */
  advance(nowMs: number, runningCount: number, waitingCount: number): void {
    const passedMs = nowMs - this.#nowMs
    this.#nowMs = nowMs
    this.#runMs += passedMs * runningCount
    this.#waitMs += passedMs * waitingCount
    if (runningCount > 0) this.#busyMs += passedMs
  }

  ended(isOk: boolean): void {
    if (isOk) this.#finishedCount++
    else this.#failedCount++
  }

  figures(nowMs: number, { runningCount, waitingCount }: Counts): ActorFigures {
    this.advance(nowMs, runningCount, waitingCount)
    const callCount = this.#finishedCount + this.#failedCount + runningCount + waitingCount
    const ageMs = nowMs - this.#beganMs
    return {
      finishedCount: this.#finishedCount,
      failedCount: this.#failedCount,
      runningCount,
      waitingCount,
      runMs: this.#runMs,
      meanWaitMs: callCount === 0 ? 0 : this.#waitMs / callCount,
      utilisation: ageMs === 0 ? 0 : this.#busyMs / ageMs,
      ageMs,
    }
  }
}

import type { Incarnation } from '../protocol/ids.ts'

const workersPerTerm = 1_000_000_000
const livesPerTerm = 1_000_000

/**
 * The number of the first worker that a coordinator of this term starts. A coordinator that takes over does not know
 * what the last one did after its snapshot: it gives numbers that the other cannot have given.
 */
export function firstWorkerOf(term: number): number {
  return (term - 1) * workersPerTerm + 1
}

/** The next life of an actor; of no two terms the same, for the same reason. */
export function nextIncarnation(incarnation: Incarnation, term: number): Incarnation {
  return Math.max(incarnation + 1, (term - 1) * livesPerTerm)
}

/** How many lives began after one, up to another; when terms lie between them, at least one did. */
export function livesBetween(incarnation: Incarnation, later: Incarnation): number {
  return later - incarnation < livesPerTerm / 2 ? later - incarnation : 1
}

/** Whoever decides which coordinator is the one: the term grows by one, by one claim only. */
export interface Arbiter {
  /** The highest term that was won. */
  readonly term: number
  /** Compare and set: won when `term` is one more than the highest so far. */
  claim(term: number): boolean
}

/** An arbiter in memory; what others are must behave alike. */
export class TermRegister implements Arbiter {
  #term: number

  constructor(term = 1) {
    this.#term = term
  }

  get term(): number {
    return this.#term
  }

  claim(term: number): boolean {
    if (term !== this.#term + 1) return false
    this.#term = term
    return true
  }
}

/** Which coordinator a node obeys: the one of the highest term that it has heard of. */
export class Allegiance {
  #term: number

  constructor(term: number) {
    this.#term = term
  }

  get term(): number {
    return this.#term
  }

  /** Whether something of this term is to be obeyed. Of an earlier one: never again. */
  obeys(term: number): boolean {
    if (term < this.#term) return false
    this.#term = term
    return true
  }
}

/** So long a coordinator may speak for its term after it asked the arbiter, and was told that it is still the one. */
export const holdMs = 1000
/** After this time without a word of the coordinator its successor claims the next term. Less than a node’s lease. */
export const successionMs = 2000

/**
 * A coordinator’s right to renew the leases of nodes. Without it a coordinator that was replaced and does not know it
 * could keep nodes going for ever that the new one counts as lost.
 */
export class TermHold {
  #sinceMs: number

  constructor(wonMs: number) {
    this.#sinceMs = wonMs
  }

  /** The arbiter has said that the term is the highest; it was asked then. */
  confirmed(askedMs: number): void {
    this.#sinceMs = Math.max(this.#sinceMs, askedMs)
  }

  maySpeak(nowMs: number): boolean {
    return nowMs - this.#sinceMs < holdMs
  }
}

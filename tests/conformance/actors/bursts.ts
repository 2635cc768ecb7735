import { actor } from 'troupe'

/** Counts its calls, which come numbered from 0. */
export const Tally = actor(
  class Tally {
    #count = 0
    #disorder = 0
    /** Gives the number of calls before this one. */
    add(number: number): number {
      if (number !== this.#count) this.#disorder++
      return this.#count++
    }
    /** How many calls came out of their turn. */
    disorder(): number {
      return this.#disorder
    }
  },
  import.meta,
)

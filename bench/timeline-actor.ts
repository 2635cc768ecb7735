import { actor } from 'troupe'

/** As little as a call can do. */
export const Tally = actor(
  class Tally {
    #count = 0
    add(by: number): number {
      this.#count += by
      return this.#count
    }
  },
  import.meta,
)

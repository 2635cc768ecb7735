import { actor } from 'troupe'
import { type Whereabouts, whereabouts } from '../site/where.ts'

/** A number that lives in a worker of its own; its calls run one at a time, in the order they were made. */
export const Counter = actor(
  class Counter {
    #value = 0

    /** Adds and returns the new value. */
    increment(by = 1): number {
      this.#value += by
      return this.#value
    }

    value(): number {
      return this.#value
    }

    where(): Whereabouts {
      return whereabouts()
    }
  },
  import.meta,
)

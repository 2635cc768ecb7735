import { actor, task } from 'troupe'

export const Counter = actor(
  class Counter {
    value = 0
    inc() {
      this.value += 1
      return this.value
    }
  },
  import.meta,
)

export const add = task(
  function add(a, b) {
    return a + b
  },
  import.meta,
)

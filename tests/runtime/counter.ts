import { actor, task } from '../../src/index.ts'

export const Counter = actor(
  class Counter {
    value = 0
    increment(by = 1): number {
      return (this.value += by)
    }
  },
  import.meta,
)

export const add = task(
  function add(a: number, b: number): number {
    return a + b
  },
  import.meta,
)

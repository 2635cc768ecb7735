import { actor, runtimeContext } from 'troupe'
import { usedHeap } from './heap.ts'

/** An actor that is small. */
export const Light = actor(
  class Light {
    #value: number
    constructor(value: number) {
      this.#value = value
    }
    next(): number {
      return ++this.#value
    }
    /** The heap of the worker it lives in. */
    heap(): { worker: string; bytes: number } {
      return { worker: runtimeContext().workerId, bytes: usedHeap() }
    }
  },
  import.meta,
)

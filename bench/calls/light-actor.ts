import { threadId } from 'node:worker_threads'
import { actor } from 'troupe'
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
    heap(): { worker: number; bytes: number } {
      return { worker: threadId, bytes: usedHeap() }
    }
  },
  import.meta,
)

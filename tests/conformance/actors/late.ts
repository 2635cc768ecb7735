import { actor, type ObjectRef, put } from 'troupe'
import { Counter } from './counter.ts'

/** Answers when its caller has given up. */
export const Late = actor(
  class Late {
    async refs(ms: number): Promise<ObjectRef<Uint8Array>[]> {
      await new Promise((resolve) => setTimeout(resolve, ms))
      return [put(new Uint8Array(50_000))]
    }
    async handle(ms: number): Promise<unknown[]> {
      await new Promise((resolve) => setTimeout(resolve, ms))
      const counter = Counter.remote()
      // Its own handle goes when the answer is out.
      setTimeout(() => counter[Symbol.dispose]())
      return [counter]
    }
  },
  import.meta,
)

import { actor, getGpuDevice } from 'troupe'
import { countPosts, stepOn } from './step.ts'

type Step = ReturnType<typeof stepOn>

/** The same step in an actor. */
export const Trainer = actor(
  class Trainer {
    #step: Step | undefined
    #posts: (() => number) | undefined

    async open(): Promise<void> {
      this.#step = stepOn(await getGpuDevice())
    }
    step(batch: Float32Array<ArrayBuffer>): Promise<number> {
      return this.#step!(batch)
    }
    /** What its worker has posted since this was asked first. */
    countPosts(): number {
      this.#posts ??= countPosts()
      return this.#posts()
    }
  },
  import.meta,
  { numGpus: 1 },
)

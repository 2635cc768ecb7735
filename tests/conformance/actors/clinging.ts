import { actor } from 'troupe'

/** Its dispose hook never ends. */
export const Clinging = actor(
  class Clinging {
    #leaving: (() => unknown) | undefined
    tellOfEnd(leaving: () => unknown): void {
      this.#leaving = leaving
    }
    async [Symbol.asyncDispose](): Promise<void> {
      this.#leaving?.()
      await new Promise(() => {})
    }
  },
  import.meta,
)

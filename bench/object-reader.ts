import { actor, get, type ObjectRef } from 'troupe'

/** Reads shared arrays in a worker of its own. */
export const Reader = actor(
  class Reader {
    empty(): void {}
    /** How long it takes here until the array of a ref that has just arrived can be read, in milliseconds. */
    async timeOfGet(refs: readonly ObjectRef<Float32Array>[]): Promise<{ ms: number; last: number }> {
      const start = performance.now()
      const values = await get(refs[0]!)
      const last = values[values.length - 1]!
      const ms = performance.now() - start
      refs[0]![Symbol.dispose]()
      return { ms, last }
    }
    /** So that the memory of what was read can be used again. */
    collect(): void {
      ;(globalThis as { gc?: () => void }).gc!()
    }
  },
  import.meta,
)

import { actor } from 'troupe'
import { sleep } from './platform.ts'

export const Doubler = actor(
  class Doubler {
    async double(x: number, ms: number): Promise<number> {
      await sleep(ms)
      return x * 2
    }
  },
  import.meta,
)

import { type ActorHandle, actor, isDriver, task } from 'troupe'
import { endWorker, sleep } from './platform.ts'

/** Can end in all the ways a worker can end. */
export const Mortal = actor(
  class Mortal {
    alive(): boolean {
      return true
    }
    exit(code: number): Promise<never> {
      return endWorker(code)
    }
    /** Throws outside of any call. */
    async throwLater(): Promise<never> {
      setTimeout(() => {
        throw new Error('thrown outside of a call')
      })
      return new Promise<never>(() => {})
    }
    async loop(onStart: () => void): Promise<never> {
      await onStart()
      for (;;);
    }
    async wait(ms: number): Promise<void> {
      await sleep(ms)
    }
  },
  import.meta,
)

/** Calls another actor, and says how that ended. */
export const Witness = actor(
  class Witness {
    async watch(other: ActorHandle<{ exit(code: number): Promise<never> }>): Promise<string> {
      try {
        await other.exit(3)
        return 'answered'
      } catch (error) {
        return (error as Error).name
      }
    }
  },
  import.meta,
)

export const dieInTask = task(
  function dieInTask(): Promise<never> {
    return endWorker()
  },
  import.meta,
)

export const runsOn = task(
  function runsOn(): boolean {
    return isDriver()
  },
  import.meta,
)

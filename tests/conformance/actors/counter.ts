import { actor, getGpuIds, runtimeContext } from 'troupe'
import { endWorker, sleep } from './platform.ts'

export const Counter = actor(
  class Counter {
    value: number

    constructor(value = 0) {
      this.value = value
    }

    inc(by = 1): number {
      this.value += by
      return this.value
    }

    get(): number {
      return this.value
    }

    boom(): never {
      throw new RangeError('boom')
    }

    async sleep(ms: number): Promise<number> {
      await sleep(ms)
      this.value++
      return this.value
    }

    /** Tells that it runs, then never ends. */
    async hang(onStart: () => void): Promise<never> {
      onStart()
      return new Promise<never>(() => {})
    }

    /** Waits until the caller lets it go. */
    async hold(gate: () => Promise<void>): Promise<void> {
      await gate()
    }

    die(): Promise<never> {
      return endWorker()
    }

    gpus(): readonly number[] {
      return getGpuIds()
    }

    context(): { actorId: string | undefined; workerId: string; isRestarted: boolean } {
      const { actorId, workerId, wasCurrentActorReconstructed } = runtimeContext()
      return { actorId, workerId, isRestarted: wasCurrentActorReconstructed }
    }

    resources(): Readonly<Record<string, number>> {
      return runtimeContext().assignedResources
    }
  },
  import.meta,
)

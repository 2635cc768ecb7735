import { actor, getGpuIds, type ObjectRef, put, runtimeContext, task } from 'troupe'

/** Tells where it lives, and makes objects there. */
export const Place = actor(
  class Place {
    #count = 0

    count(): number {
      return ++this.#count
    }

    where(): { nodeId: string; gpuIds: readonly number[] } {
      return { nodeId: runtimeContext().nodeId, gpuIds: getGpuIds() }
    }

    /** An object that this actor owns. */
    keep(length: number): [ObjectRef<Float64Array>] {
      return [put(new Float64Array(length).fill(3))]
    }

    async hold(pass: () => Promise<void>): Promise<void> {
      await pass()
    }
  },
  import.meta,
)

export const ones = task(
  function ones(length: number): Float64Array {
    return new Float64Array(length).fill(1)
  },
  import.meta,
)

/** Tells where it runs, and ends when it may. */
export const nodeOf = task(
  async function nodeOf(pass?: (nodeId: string) => Promise<void>): Promise<string> {
    const { nodeId } = runtimeContext()
    await pass?.(nodeId)
    return nodeId
  },
  import.meta,
)

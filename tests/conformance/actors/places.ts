import { actor, getGpuIds, type ObjectRef, put, runtimeContext, task } from 'troupe'

/** Tells where it lives, and makes objects there. */
export const Place = actor(
  class Place {
    /** Answers nobody for so long, not even who asks for what it keeps. */
    spin(begin: () => void, ms: number): void {
      begin()
      const end = performance.now() + ms
      while (performance.now() < end);
    }
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

    /** How much it was given, and how many calls it has counted. */
    async length(values: Float64Array): Promise<[nodeId: string, length: number, count: number]> {
      return [runtimeContext().nodeId, values.length, ++this.#count]
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

/** Tells where it runs, and how much it was given. */
export const lengthOf = task(
  function lengthOf(...lists: (Float64Array | undefined)[]): [nodeId: string, length: number] {
    return [runtimeContext().nodeId, lists.reduce((sum, list) => sum + (list?.length ?? 0), 0)]
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

class LaggardClass {
  readonly #nodeId: string

  constructor(nodeId: string) {
    this.#nodeId = nodeId
  }

  static async make(pass: (nodeId: string) => Promise<void>): Promise<LaggardClass> {
    const { nodeId } = runtimeContext()
    await pass(nodeId)
    return new LaggardClass(nodeId)
  }

  where(): string {
    return this.#nodeId
  }
}

/** Takes as long to make as it is told. */
export const Laggard = actor(LaggardClass, import.meta, { create: LaggardClass.make })

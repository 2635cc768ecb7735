import { type AnyActorHandle, actor, get, type HandleOf, type ObjectRef, put, runtimeContext } from 'troupe'
import { countsOfRealm, type RealmCounts } from './realm.ts'

/** Gives back what it gets. */
export const Echo = actor(
  class Echo {
    /** A handle to itself: for the caller a new one. */
    self(): AnyActorHandle {
      return runtimeContext().currentActor
    }
    handle(handle: AnyActorHandle): AnyActorHandle {
      return handle
    }
    number(value: number): number {
      return value
    }
    /** Takes refs and drops them, every second one with their values. */
    async take(refs: ObjectRef<number>[]): Promise<number> {
      collectNow()
      let sum = 0
      for (const [i, ref] of refs.entries()) {
        if (i % 2 === 0) sum += await get(ref)
        if (i % 4 < 2) ref[Symbol.dispose]()
      }
      return sum
    }
    /** Refs to objects of this realm. */
    make(count: number): ObjectRef<number>[] {
      return Array.from({ length: count }, (_, i) => put(i))
    }
    /** Refs of others that it hands on. */
    pass(refs: ObjectRef<number>[]): ObjectRef<number>[] {
      return refs
    }
  },
  import.meta,
)
export type Echo = HandleOf<typeof Echo>

/** Tells how much its worker holds. */
export const Gauge = actor(
  class Gauge {
    async read(): Promise<{ counts: RealmCounts; heapBytes: number; workerId: string }> {
      const { workerId } = runtimeContext()
      await collect()
      return { counts: countsOfRealm(), heapBytes: heapBytes(), workerId }
    }
  },
  import.meta,
)
export type Gauge = HandleOf<typeof Gauge>

/** Collects garbage; what is told of it comes in tasks of its own. */
export async function collect(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    collectNow()
    await new Promise((resolve) => setTimeout(resolve, 4))
  }
}

export function collectNow(): void {
  const { gc } = globalThis as { gc?: () => void }
  if (gc === undefined) throw new Error('this realm was started without --expose-gc')
  gc()
}

/** The heap of this realm in Node; in browsers it is measured from outside. */
export function heapBytes(): number {
  return typeof process === 'undefined' ? 0 : process.memoryUsage().heapUsed
}

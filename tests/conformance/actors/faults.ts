import { type ActorHandle, actor, get, type ObjectRef, proxy, task } from 'troupe'
import { Counter } from './counter.ts'
import type { Ledger } from './ledger.ts'
import { endWorker } from './platform.ts'
import { slow } from './tasks.ts'

/** Dies while call number `fatal` runs, the first time only. */
export const Fragile = actor(
  class Fragile {
    #value = 0
    async work(i: number, fatal: number, ledger: Ledger): Promise<number> {
      if (i === fatal && (await ledger.tick('fatal')) === 1) return endWorker()
      return ++this.#value
    }
    die(): Promise<never> {
      return endWorker()
    }
  },
  import.meta,
)

/** Ends its worker in its first `deaths` runs, then gives the number of the run. */
export const crashes = task(
  async function crashes(deaths: number, ledger: Ledger): Promise<number> {
    const run = await ledger.tick('runs')
    return run <= deaths ? endWorker() : run
  },
  import.meta,
)

/** Throws in its first `failures` runs, then gives the number of the run. */
export const throwsAtFirst = task(
  async function throwsAtFirst(failures: number, ledger: Ledger): Promise<number> {
    const run = await ledger.tick('runs')
    if (run <= failures) throw new RangeError(`run ${run}`)
    return run
  },
  import.meta,
)

/** Makes an actor whose constructor argument comes late, and hands it out. */
export const LateOwner = actor(
  class LateOwner {
    make(ms: number): ActorHandle<{ inc(by?: number): number }> {
      return Counter.remote(slow.remote(ms, 5))
    }
    die(): Promise<never> {
      return endWorker()
    }
  },
  import.meta,
)

export const note = task(
  async function note(entry: string, ledger: Ledger): Promise<string> {
    await ledger.note(entry)
    return entry
  },
  import.meta,
)

export const getInside = task(
  async function getInside(a: number): Promise<number> {
    return (await get(slow.remote(1, a))) + 1
  },
  import.meta,
)

/** Owns a large object that is there when the gate lets it pass. */
export const LargeOwner = actor(
  class LargeOwner {
    make(pass: () => Promise<void>, isFailing: boolean): [ObjectRef<Float64Array>] {
      return [large.remote(proxy(pass), isFailing)]
    }
  },
  import.meta,
)

export const large = task(
  async function large(pass: () => Promise<void>, isFailing: boolean): Promise<Float64Array> {
    await pass()
    if (isFailing) throw new RangeError('no large one')
    return new Float64Array(4096).fill(7)
  },
  import.meta,
)

function fillMemory(): never {
  const kept: number[][] = []
  for (;;) kept.push(new Array<number>(10_000).fill(kept.length))
}

/** Needs more memory than there is. */
export const Hog = actor(
  class Hog {
    fill(): never {
      return fillMemory()
    }
    alive(): boolean {
      return true
    }
  },
  import.meta,
)

export const fill = task(
  async function fill(ledger: Ledger): Promise<never> {
    await ledger.tick('runs')
    return fillMemory()
  },
  import.meta,
)

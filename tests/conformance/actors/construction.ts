import { actor, runtimeContext } from 'troupe'
import type { Ledger } from './ledger.ts'
import { endWorker, sleep } from './platform.ts'

class NetClass {
  readonly layers: number
  constructor(layers: number, _ms: number, _ledger?: Ledger) {
    this.layers = layers
  }
  static async load(layers: number, ms: number, ledger?: Ledger): Promise<NetClass> {
    await ledger?.tick('loads')
    await sleep(ms)
    if (layers < 0) throw new RangeError('oops-load')
    return new NetClass(layers, ms)
  }
  size(): number {
    return this.layers
  }
  die(): Promise<never> {
    return endWorker()
  }
}
export const Net = actor(NetClass, import.meta, { create: NetClass.load })

/** Looks at its context before and after an await. */
export const Contextual = actor(
  class Contextual {
    async ids(
      ms: number,
    ): Promise<{ before: string | undefined; after: string | undefined; kept: string | undefined }> {
      const ctx = runtimeContext()
      const before = ctx.taskId
      await sleep(ms)
      let after: string | undefined
      try {
        after = runtimeContext().taskId
      } catch (error) {
        after = (error as Error).name
      }
      return { before, after, kept: ctx.taskId }
    }
  },
  import.meta,
)

/** Overlapping calls, in groups. */
export const Grouped = actor(
  class Grouped {
    #running = 0
    #peak = 0
    async fetch(ms: number): Promise<void> {
      this.#peak = Math.max(this.#peak, ++this.#running)
      await sleep(ms)
      this.#running--
    }
    peak(): number {
      return this.#peak
    }
    health(): string {
      return 'ok'
    }
  },
  import.meta,
  { concurrencyGroups: { io: 2 }, methods: { fetch: { group: 'io' } } },
)

import { type ActorHandle, actor, exitActor, task } from 'troupe'
import { Counter } from './counter.ts'
import type { Ledger } from './ledger.ts'
import { sleep } from './platform.ts'

type Incrementer = ActorHandle<{ inc(by?: number): number }>

/** Tells the ledger when it is disposed of. */
export const Disposable = actor(
  class Disposable {
    readonly #ledger: Ledger
    #value = 0
    constructor(ledger: Ledger) {
      this.#ledger = ledger
    }
    inc(): number {
      return ++this.#value
    }
    leave(): never {
      exitActor()
    }
    async [Symbol.asyncDispose](): Promise<void> {
      await this.#ledger.note('disposed')
    }
  },
  import.meta,
)

/** Uses a counter after a while. */
export const useLater = task(
  async function useLater(counter: Incrementer, ms: number): Promise<number> {
    await sleep(ms)
    return counter.inc()
  },
  import.meta,
)

export const makeBoth = task(
  async function makeBoth(): Promise<void> {
    const detached = Counter.options({ name: 'det', lifetime: 'detached' }).remote(2)
    const sibling = Counter.options({ name: 'sibling' }).remote(2)
    await Promise.all([detached.get(), sibling.get()])
  },
  import.meta,
)

/** Starts another of itself until `depth` is reached, and gives the last one's handle. */
export const Nest = actor(
  class NestActor {
    #inner: unknown
    async grow(depth: number): Promise<Incrementer> {
      if (depth === 0) {
        const last = Counter.remote()
        this.#inner = last
        await last.get()
        return last
      }
      const inner = Nest.remote()
      this.#inner = inner
      return inner.grow(depth - 1)
    }
    hasInner(): boolean {
      return this.#inner !== undefined
    }
  },
  import.meta,
)

/** Ends itself. */
export const Leaver = actor(
  class Leaver {
    async leave(ms: number): Promise<void> {
      await sleep(ms)
      exitActor()
    }
    alive(): boolean {
      return true
    }
  },
  import.meta,
)

/** Tells of how many callers it keeps the order; looked up inside the runtime of its worker. */
export const Popular = actor(
  class Popular {
    callers(): number {
      interface Inside {
        readonly callee: {
          readonly actors: { onlyInstance(): { readonly callCounts: { readonly callers: number } } | undefined }
        }
      }
      const { runtime } = (globalThis as unknown as Record<symbol, { runtime: Inside }>)[Symbol.for('troupe')]!
      return runtime.callee.actors.onlyInstance()?.callCounts.callers ?? -1
    }
    use(counter: Incrementer): Promise<number> {
      return counter.inc()
    }
    async hold(pass: () => Promise<void>): Promise<void> {
      await pass()
    }
  },
  import.meta,
)

interface Countable {
  callers(): number
}
export const Visitor = actor(
  class Visitor {
    visit(popular: ActorHandle<Countable>): Promise<number> {
      return popular.callers()
    }
  },
  import.meta,
)

/** Calls a counter, says so, and gives what it answers. */
export const callAndTell = task(
  async function callAndTell(counter: Incrementer, ledger: Ledger): Promise<number> {
    const call = counter.inc()
    await ledger.note('called')
    return call
  },
  import.meta,
)

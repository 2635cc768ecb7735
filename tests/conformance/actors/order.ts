import { type ActorHandle, actor, get, task } from 'troupe'
import { sleep } from './platform.ts'

/** Remembers what was added, in the order in which it came. */
export const Journal = actor(
  class Journal {
    readonly #items: [caller: string | number, i: number][] = []
    add(caller: string | number, i: number): void {
      this.#items.push([caller, i])
    }
    items(): readonly [caller: string | number, i: number][] {
      return this.#items
    }
  },
  import.meta,
)

interface Adder {
  add(caller: string | number, i: number): void
}
export const addMany = task(
  async function addMany(journal: ActorHandle<Adder>, k: number, count: number) {
    await get(Array.from({ length: count }, (_, i) => journal.add.remote(k, i)))
  },
  import.meta,
)

/** Adds up after a wait of its own for each call. */
export const Slow = actor(
  class Slow {
    #running = 0
    #peak = 0
    async rest(ms: number): Promise<void> {
      this.#peak = Math.max(this.#peak, ++this.#running)
      await sleep(ms)
      this.#running--
    }
    /** How many calls of `rest` ran at the same time at most. */
    peak(): number {
      return this.#peak
    }
    health(): string {
      return 'ok'
    }
  },
  import.meta,
)

import { actor, type HandleOf } from 'troupe'

/** Outlives the actors and tasks under test, and remembers what they did. */
export const Ledger = actor(
  class Ledger {
    readonly #entries: string[] = []
    readonly #counts = new Map<string, number>()
    note(entry: string): void {
      this.#entries.push(entry)
    }
    entries(): readonly string[] {
      return this.#entries
    }
    /** Counts one more, and gives the new count. */
    tick(name: string): number {
      const count = (this.#counts.get(name) ?? 0) + 1
      this.#counts.set(name, count)
      return count
    }
    count(name: string): number {
      return this.#counts.get(name) ?? 0
    }
  },
  import.meta,
)
export type Ledger = HandleOf<typeof Ledger>

import type { Goal } from '../row.ts'
import type { Caller } from './caller.ts'
import type { Plan } from './plan.ts'

/** A worker that answers messages, and no more. */
export interface BareWorker {
  ask(n: number): Promise<number>
  end(): unknown
}

/** What differs between Node and a page. */
export interface BenchHost {
  /** The ratio that Troupe should have, by id; what is not here has no goal on this host. */
  readonly goals: Readonly<Record<string, Goal>>
  /** Ratios to others than the reference: of `window-1000`. */
  readonly goalToComlink: Goal
  readonly goalToPools: Goal
  /** Rivals that start threads of their own; each is opened with so many. */
  readonly pools: Readonly<Record<string, (threadCount: number) => Promise<Caller>>>
  /** CPU time of all threads so far, in milliseconds, where it can be known. */
  readonly cpuMs?: () => number
  /** Bytes of heap in use in this thread after a collection, where it can be known. */
  readonly usedHeap?: () => number
  /** Who does not answer so many calls at once. */
  findHung(callers: readonly Caller[], count: number, plan: Plan): Promise<ReadonlySet<string>>
  startBare(): BareWorker
  /** Lets nothing else run in this thread for so many milliseconds. */
  block(ms: number): void
}

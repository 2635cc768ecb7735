import { actor, runtimeContext, task } from 'troupe'
import type { Ledger } from './ledger.ts'
import { sleep } from './platform.ts'

export const Producer = actor(
  class Producer {
    #made = 0
    #isFinished = false
    made(): number {
      return this.#made
    }
    isFinished(): boolean {
      return this.#isFinished
    }
    *count(n: number): Generator<number> {
      for (let i = 0; i < n; i++) yield i
    }
    async *ticks(n: number, ms: number): AsyncGenerator<number> {
      try {
        for (let i = 0; i < n; i++) {
          if (ms > 0) await sleep(ms)
          this.#made++
          yield i
        }
      } finally {
        this.#isFinished = true
      }
    }
    *failing(): Generator<number> {
      yield 0
      yield 1
      throw new RangeError('no more')
    }
  },
  import.meta,
  { maxConcurrency: 10 },
)

export const threeThenThrow = task(
  function* threeThenThrow(): Generator<number> {
    yield 0
    yield 1
    yield 2
    throw new RangeError('after three')
  },
  import.meta,
)

export const everySoOften = task(
  async function* everySoOften(n: number, ms: number): AsyncGenerator<number> {
    for (let i = 0; i < n; i++) {
      await sleep(ms)
      yield i
    }
  },
  import.meta,
)

/** Waits until its call is aborted, and says so in the ledger. */
export const Abortable = actor(
  class Abortable {
    readonly #ledger: Ledger
    #count = 0
    constructor(ledger: Ledger) {
      this.#ledger = ledger
    }
    async untilAborted(): Promise<never> {
      const { signal } = runtimeContext()
      // Its answer may still be under way when the caller gives up.
      await this.#ledger.note('running').catch(() => {})
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      await this.#ledger.note('aborted')
      throw signal.reason
    }
    async busy(ms: number): Promise<number> {
      await this.#ledger.note('busy')
      await sleep(ms)
      return ++this.#count
    }
    inc(): number {
      return ++this.#count
    }
    async isAborted(signal: AbortSignal): Promise<unknown> {
      await this.#ledger.note('has signal')
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      return signal.reason
    }
  },
  import.meta,
)
export const untilAborted = task(
  async function untilAborted(ledger: Ledger): Promise<never> {
    const { signal } = runtimeContext()
    await ledger.note('running').catch(() => {})
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    await ledger.note('aborted')
    throw signal.reason
  },
  import.meta,
)

import { QueueEmptyError, QueueFullError } from '../protocol/errors.ts'
import { actor } from './actor.ts'
import type { ActorClass } from './types/actors.ts'

interface Waiter<T> {
  readonly settle: (value: T) => void
  readonly give: (error: Error) => void
}

/** What a Queue is underneath: one actor that holds the items and whoever waits. */
export class QueueState {
  readonly #maxSize: number
  readonly #items: unknown[] = []
  readonly #takers: Waiter<unknown>[] = []
  readonly #putters: (Waiter<void> & { readonly item: unknown })[] = []

  constructor(maxSize: number) {
    this.#maxSize = maxSize
  }

  size(): number {
    return this.#items.length
  }

  /** Waits at most `timeoutMs`; 0: not at all; -1: without end. */
  put(item: unknown, timeoutMs: number): void | Promise<void> {
    const taker = this.#takers.shift()
    if (taker !== undefined) return taker.settle(item)
    if (this.#maxSize <= 0 || this.#items.length < this.#maxSize) return void this.#items.push(item)
    const full = (): QueueFullError =>
      new QueueFullError(`The queue is full: it holds its ${this.#maxSize} items.`, { maxSize: this.#maxSize })
    if (timeoutMs === 0) throw full()
    return new Promise((settle, give) => this.#wait(this.#putters, { settle, give, item }, timeoutMs, full))
  }

  take(timeoutMs: number): unknown {
    if (this.#items.length > 0) {
      const item = this.#items.shift()
      const putter = this.#putters.shift()
      if (putter !== undefined) {
        this.#items.push(putter.item)
        putter.settle()
      }
      return item
    }
    const empty = (): QueueEmptyError => new QueueEmptyError('The queue is empty.')
    if (timeoutMs === 0) throw empty()
    return new Promise((settle, give) => this.#wait(this.#takers, { settle, give }, timeoutMs, empty))
  }

  #wait<W extends Waiter<never>>(waiting: W[], waiter: W, timeoutMs: number, late: () => Error): void {
    waiting.push(waiter)
    if (timeoutMs < 0) return
    setTimeout(() => {
      const at = waiting.indexOf(waiter)
      if (at < 0) return
      waiting.splice(at, 1)
      waiter.give(late())
    }, timeoutMs)
  }
}

/** Every worker knows it: the library's worker entry loads this module when it is wanted. */
export const QueueActor: ActorClass<typeof QueueState> = actor(QueueState, 'troupe@0:queue#QueueActor', {
  maxConcurrency: 1_000_000,
  isolation: 'shared',
  numCpus: 0,
})

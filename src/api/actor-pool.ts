import { get, wait } from './objects.ts'
import type { AnyActorHandle } from './types/actors.ts'
import type { ObjectRef } from './types/references.ts'

type Work<H, V, R> = (actor: H, value: V) => ObjectRef<R>

/** Spreads work over actors: each has one piece at a time, and the next goes to whichever is free first. */
export class ActorPool<H extends AnyActorHandle> {
  readonly #idle: H[]
  readonly #running = new Map<ObjectRef<unknown>, { readonly actor: H; readonly index: number }>()
  readonly #byIndex = new Map<number, ObjectRef<unknown>>()
  readonly #queue: { readonly work: Work<H, unknown, unknown>; readonly value: unknown; readonly index: number }[] = []
  #nextIndex = 0
  #nextReturn = 0

  constructor(actors: Iterable<H>) {
    this.#idle = [...actors]
    if (this.#idle.length === 0) throw new RangeError('new ActorPool(actors) needs at least one actor.')
  }

  /** Gives a piece of work to a free actor, or queues it. */
  submit<V, R>(work: Work<H, V, R>, value: V): void {
    const index = this.#nextIndex++
    this.#queue.push({ work: work as Work<H, unknown, unknown>, value, index })
    this.#startNext()
  }

  /** Whether a result is still to be fetched. */
  hasNext(): boolean {
    return this.#byIndex.size + this.#queue.length > 0
  }

  /** Whether an actor has nothing to do. */
  hasFree(): boolean {
    return this.#idle.length > 0 && this.#queue.length === 0
  }

  /** The next result in the order of submission. Rejects with what the work threw. */
  async getNext(options: { timeout?: number } = {}): Promise<unknown> {
    if (!this.hasNext()) throw new RangeError('The pool has no more results: submit() some work first.')
    while (!this.#byIndex.has(this.#nextReturn)) await this.#oneDone(options)
    const ref = this.#byIndex.get(this.#nextReturn)!
    await wait([ref], options)
    this.#finished(ref)
    const value = get(ref, { ...options })
    this.#byIndex.delete(this.#nextReturn++)
    return value
  }

  /** The next result that is there, in any order. Not to be mixed with `getNext`. */
  async getNextUnordered(options: { timeout?: number } = {}): Promise<unknown> {
    if (!this.hasNext()) throw new RangeError('The pool has no more results: submit() some work first.')
    const ref = await this.#oneDone(options)
    for (const [index, known] of this.#byIndex) if (known === ref) this.#byIndex.delete(index)
    this.#nextReturn =
      this.#byIndex.size === 0 ? this.#nextIndex - this.#queue.length : Math.min(...this.#byIndex.keys())
    return get(ref)
  }

  /** The results in the order of the values. */
  async *map<V, R>(work: Work<H, V, R>, values: Iterable<V>): AsyncGenerator<R, void, void> {
    for (const value of values) this.submit(work, value)
    while (this.hasNext()) yield (await this.getNext()) as R
  }

  /** The results as they come. */
  async *mapUnordered<V, R>(work: Work<H, V, R>, values: Iterable<V>): AsyncGenerator<R, void, void> {
    for (const value of values) this.submit(work, value)
    while (this.hasNext()) yield (await this.getNextUnordered()) as R
  }

  /** Takes a free actor out of the pool; undefined when none is free. */
  popIdle(): H | undefined {
    return this.hasFree() ? this.#idle.pop() : undefined
  }

  /** Adds an actor to the pool. */
  push(actor: H): void {
    this.#idle.push(actor)
    this.#startNext()
  }

  // A running piece that is done; its actor takes the next one at once.
  async #oneDone(options: { timeout?: number }): Promise<ObjectRef<unknown>> {
    const open = [...this.#byIndex.values()]
    const [[ref]] = await wait(open, options)
    if (ref === undefined) {
      await get(open[0]!, { timeout: 0 })
      return open[0]!
    }
    this.#finished(ref)
    return ref
  }

  #finished(ref: ObjectRef<unknown>): void {
    const piece = this.#running.get(ref)
    if (piece === undefined) return
    this.#running.delete(ref)
    this.#idle.push(piece.actor)
    this.#startNext()
  }

  #startNext(): void {
    while (this.#queue.length > 0 && this.#idle.length > 0) {
      const { work, value, index } = this.#queue.shift()!
      const actor = this.#idle.shift()!
      const ref = work(actor, value)
      this.#running.set(ref, { actor, index })
      this.#byIndex.set(index, ref)
    }
  }
}

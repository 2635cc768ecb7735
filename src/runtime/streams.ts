import type { ObjectEntry, Sink, Stored } from './object-entry.ts'
import { ObjectRef } from './object-ref.ts'
import type { Runtime } from './runtime.ts'
import { errorFor } from './sinks.ts'

/** What a reader can ask of the call that produces the items. */
export interface Producer {
  taken(count: number): void
  cancelStream(): void
}

/** The items of a generator call, as they arrive, and whoever waits for the next one. */
export abstract class ItemBuffer implements Sink {
  producer: Producer | undefined
  protected readonly items: Stored[] = []
  protected failure: Stored | undefined
  protected isEnded = false
  #takenCount = 0
  #waiters: (() => void)[] = []

  item(stored: Stored): void {
    if (this.isEnded) return
    this.items.push(stored)
    this.#wake()
  }

  end(): void {
    this.isEnded = true
    this.#wake()
  }

  resolve(): void {
    this.end()
  }

  reject(stored: Stored): void {
    if (this.isEnded) return
    this.failure = stored
    this.end()
  }

  /** There is something to read: an item, the error, or the end. */
  get isReadable(): boolean {
    return this.items.length > 0 || this.isEnded
  }

  whenReadable(then: () => void): void {
    if (this.isReadable) then()
    else this.#waiters.push(then)
  }

  protected takeItem(): Stored | undefined {
    const item = this.items.shift()
    if (item !== undefined && !this.isEnded) this.producer?.taken(++this.#takenCount)
    return item
  }

  /** The reader leaves: the producer's `finally` runs. */
  protected leave(): void {
    const isRunning = !this.isEnded
    this.items.length = 0
    this.failure = undefined
    this.end()
    if (isRunning) this.producer?.cancelStream()
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}

const done: IteratorReturnResult<void> = { done: true, value: undefined }

/** The items of a direct call on a generator method. */
export class ItemStream extends ItemBuffer implements AsyncIterableIterator<unknown, void, void> {
  readonly #runtime: Runtime

  constructor(runtime: Runtime) {
    super()
    this.#runtime = runtime
  }

  async next(): Promise<IteratorResult<unknown, void>> {
    if (!this.isReadable) await new Promise<void>((resolve) => this.whenReadable(resolve))
    const item = this.takeItem()
    if (item !== undefined) return { done: false, value: this.#runtime.values.open(item) }
    const failure = this.failure
    this.failure = undefined
    if (failure !== undefined) throw errorFor(this.#runtime.values, failure)
    return done
  }

  async return(): Promise<IteratorResult<unknown, void>> {
    this.leave()
    return done
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.leave()
  }
}

/** The refs of a generator call, one an item; an error is one last ref whose get throws. */
export class ObjectRefStream extends ItemBuffer implements AsyncIterableIterator<ObjectRef, void, void> {
  readonly id: string
  readonly #runtime: Runtime
  readonly #refs: ObjectRef[] = []

  constructor(runtime: Runtime) {
    super()
    this.#runtime = runtime
    this.id = runtime.objects.create().id
  }

  override item(stored: Stored): void {
    this.#refs.push(this.#ref((entry) => entry.resolve(stored)))
    super.item(stored)
  }

  override reject(stored: Stored): void {
    if (this.isEnded) return
    this.#refs.push(this.#ref((entry) => entry.reject(stored)))
    super.item(stored)
    this.end()
  }

  async next(): Promise<IteratorResult<ObjectRef, void>> {
    if (!this.isReadable) {
      this.#runtime.busy(1)
      await new Promise<void>((resolve) => this.whenReadable(resolve))
      this.#runtime.busy(-1)
    }
    this.takeItem()
    const ref = this.#refs.shift()
    return ref === undefined ? done : { done: false, value: ref }
  }

  async return(): Promise<IteratorResult<ObjectRef, void>> {
    this.#refs.length = 0
    this.leave()
    return done
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.leave()
  }

  #ref(settle: (entry: ObjectEntry) => void): ObjectRef {
    const entry = this.#runtime.objects.create()
    settle(entry)
    return new ObjectRef(entry)
  }
}

export function isRefStream(value: unknown): value is ObjectRefStream {
  return value instanceof ObjectRefStream
}

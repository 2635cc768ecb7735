import { type ActorHandle, actor, type ObjectRef, put, task } from 'troupe'

/** An actor with every kind of member a class can have. */
export const Counter = actor(
  class Counter {
    value = 0
    #secret = 1
    private hidden(): number {
      return this.#secret
    }
    protected half(): number {
      return this.hidden()
    }
    _internal(): number {
      return this.half()
    }
    get size(): number {
      return this.value
    }
    [Symbol.iterator](): Iterator<number> {
      return [this.value].values()
    }
    [Symbol.asyncDispose](): Promise<void> {
      return Promise.resolve()
    }
    then(): void {}
    toString(): string {
      return ''
    }
    constructor(start?: number, label = 'x', ...rest: string[]) {
      void start
      void label
      void rest
    }
    increment(by = 1): number {
      return (this.value += by)
    }
    async slow(by: number): Promise<number> {
      return by
    }
    set(value: number, label?: string, ...tags: ('a' | 'b')[]): void {
      void value
      void label
      void tags
    }
    id<T>(x: T): T {
      return x
    }
    async asyncId<T>(x: T): Promise<T> {
      return x
    }
    overloaded(x: number): string
    overloaded(x: string): number
    overloaded(x: unknown): unknown {
      return x
    }
    asyncOverloaded(x: number): Promise<string>
    asyncOverloaded<T>(x: T[]): Promise<T>
    async asyncOverloaded(x: unknown): Promise<unknown> {
      return x
    }
    *items(n: number): Generator<number> {
      for (let i = 0; i < n; i++) yield i
    }
    async *ticks(): AsyncGenerator<string> {
      yield 'x'
    }
    async *annotated(): AsyncIterableIterator<Date> {
      yield new Date()
    }
    array(): number[] {
      return []
    }
    readable(): ReadableStream<number> {
      return new ReadableStream()
    }
    pair(): [number, string] {
      return [1, 'a']
    }
    asyncPair(): Promise<readonly [number, string]> {
      return Promise.resolve([1, 'a'])
    }
    ref(): ObjectRef<number> {
      return put(1)
    }
    fail(): never {
      throw new Error()
    }
    union(): number | undefined {
      return 1
    }
    mixed(): Promise<number> | string {
      return ''
    }
    // biome-ignore lint/suspicious/noExplicitAny: what a user may write
    any(): any {
      return 1
    }
    me(): this {
      return this
    }
    async meLater(): Promise<this> {
      return this
    }
    run(f: (n: number) => string): void {
      void f
    }
    forward(h: ActorHandle<{ ping(): void }>): void {
      void h
    }
    list(refs: ObjectRef<number>[]): void {
      void refs
    }
    arrow = (x: number): number => x
  },
  import.meta,
)

export interface Env {
  reset(): number[]
  step(action: number): { reward: number }
}
export abstract class Base {
  abstract reset(): number[]
  render(): string {
    return ''
  }
}
export class CartPole extends Base implements Env {
  reset(): number[] {
    return [1]
  }
  step(action: number): { reward: number; done: boolean } {
    return { reward: action, done: false }
  }
}

export const add = task(
  function add(a: number, b: number) {
    return a + b
  },
  import.meta,
)

import { type ActorHandle, actor, get, type HandleOf, runtimeContext, task } from 'troupe'
import { Counter } from './counter.ts'
import { add } from './tasks.ts'

/** No constructor, no arguments, no results. */
export const Plain = actor(
  class Plain {
    nothing(): void {}
    pair(): [number, number] {
      return [1, 2]
    }
    echo(value: unknown): unknown {
      return value
    }
  },
  import.meta,
)

export class Foo {
  readonly x: number
  constructor(x: number) {
    this.x = x
  }
  f(): number {
    return this.x
  }
  g(y: number): number {
    return this.x + y
  }
}
export const InheritedFoo = actor(
  class InheritedFoo extends Foo {
    override f(): number {
      return super.f() * 10
    }
  },
  import.meta,
)

export const Actor1 = actor(
  class Actor1 {
    readonly y: number
    constructor(y: number) {
      this.y = y
    }
    value(): number {
      return this.y
    }
  },
  import.meta,
)
export const Actor2 = actor(
  class Actor2 {
    readonly x: number
    readonly inner: HandleOf<typeof Actor1>
    constructor(x: number, y: number) {
      this.x = x
      this.inner = Actor1.remote(y)
    }
    async getValues(): Promise<[number, number]> {
      return [this.x, await this.inner.value()]
    }
    async sum(a: number, b: number): Promise<number> {
      return get(add.remote(a, b))
    }
  },
  import.meta,
)

/** Starts an actor of its own and uses it. */
export const useActor = task(
  async function useActor(start: number): Promise<number> {
    return Counter.remote(start).inc()
  },
  import.meta,
)

/** Increments other actors' counters. */
export const Remote = actor(
  class Remote {
    async inc(counter: ActorHandle<{ inc(by?: number): number }>): Promise<number> {
      return counter.inc()
    }
  },
  import.meta,
)

export const Broken = actor(
  class Broken {
    constructor() {
      throw new RangeError('oops-init')
    }
    f(): number {
      return 1
    }
  },
  import.meta,
)

export const Self = actor(
  class Self {
    ids(): { actorId: string | undefined; taskId: string | undefined; workerId: string; nodeId: string } {
      const { actorId, taskId, workerId, nodeId } = runtimeContext()
      return { actorId, taskId, workerId, nodeId }
    }
    answer(): number {
      return 42
    }
    async itself(): Promise<ActorHandle<{ answer(): number }>> {
      await Promise.resolve()
      return runtimeContext().currentActor as ActorHandle<{ answer(): number }>
    }
  },
  import.meta,
)

import {
  type ActorClass,
  type ActorHandle,
  actor,
  get,
  type HandleOf,
  type ItemStream,
  kill,
  type MethodName,
  type ObjectRef,
  type ObjectRefStream,
  type Proxied,
  proxy,
  task,
  wait,
} from 'troupe'
import { expect, test } from 'vitest'
import { add, Base, CartPole, Counter, type Env } from './definitions.ts'
import { expectType } from './expect-type.ts'

declare const c: HandleOf<typeof Counter>
declare const num: ObjectRef<number>
declare const str: ObjectRef<string>
declare const pinger: ActorHandle<{ ping(): void; extra(x: number): string }>

// The compiler checks what is in these functions; nothing of it runs.
async function calls(): Promise<void> {
  expectType<
    | 'increment'
    | 'slow'
    | 'set'
    | 'id'
    | 'asyncId'
    | 'overloaded'
    | 'asyncOverloaded'
    | 'items'
    | 'ticks'
    | 'annotated'
    | 'array'
    | 'readable'
    | 'pair'
    | 'asyncPair'
    | 'ref'
    | 'fail'
    | 'union'
    | 'mixed'
    | 'any'
    | 'me'
    | 'meLater'
    | 'run'
    | 'forward'
    | 'list'
    | 'arrow'
  >()(null! as keyof typeof c & string)

  Counter.remote()
  Counter.remote(1)
  Counter.remote(num, 'a', 'b', str)
  Counter.options({ name: 'x' }).remote(1)
  // @ts-expect-error wrong constructor argument
  Counter.remote('x')
  // @ts-expect-error unknown option
  Counter.options({ nmae: 'x', numCpus: 1 })
  // @ts-expect-error undefined is not an option value (exactOptionalPropertyTypes)
  Counter.options({ name: undefined })
  // @ts-expect-error not callable
  Counter()
  // @ts-expect-error not constructable
  new Counter()

  expectType<Promise<number>>()(c.increment())
  expectType<Promise<number>>()(c.increment(num))
  expectType<ObjectRef<number>>()(c.increment.remote(1))
  expectType<Promise<number>>()(c.slow(1))
  expectType<ObjectRef<number>>()(c.slow.remote(num))
  expectType<Promise<void>>()(c.set(1, 'x', 'a', 'b'))
  expectType<Promise<number>>()(c.increment.options({ timeout: 5 })(1))
  expectType<ObjectRef<number>>()(c.increment.options({ timeout: 5 }).remote(1))
  // @ts-expect-error
  c.increment('x')
  // @ts-expect-error
  c.increment(str)
  // @ts-expect-error
  c.increment.remote(str)
  // @ts-expect-error
  c.set()
  // @ts-expect-error
  c.increment.options({ timeot: 5, timeout: 5 })
  // @ts-expect-error
  c.value
  // @ts-expect-error
  c.size
  // @ts-expect-error
  c.hidden
  // @ts-expect-error
  c.half
  // @ts-expect-error
  c._internal
  // @ts-expect-error
  c[Symbol.iterator]
  // @ts-expect-error
  c.then
  // @ts-expect-error
  c.nope()
  expectType<HandleOf<typeof Counter>>()(await c)

  // generics
  expectType<Promise<unknown>>()(c.id(1))
  expectType<Promise<number>>()(c.asyncId(1 as number))
  expectType<ObjectRef<unknown>>()(c.asyncId.remote(1))
  expectType<Promise<number>>()(c.asyncId.options({ timeout: 1 })(1 as number))
  // overloads
  expectType<Promise<string>>()(c.overloaded(1))
  expectType<Promise<number>>()(c.overloaded('1'))
  expectType<Promise<number>>()(c.overloaded(str))
  expectType<ObjectRef<number>>()(c.overloaded.remote(str))
  expectType<ObjectRef<string>>()(c.overloaded.options({ timeout: 1 }).remote(num))
  expectType<Promise<string>>()(c.asyncOverloaded(1))
  expectType<Promise<boolean>>()(c.asyncOverloaded([true as boolean]))
  expectType<ObjectRef<string>>()(c.asyncOverloaded.remote(1))
  // @ts-expect-error
  c.overloaded(true)

  // streams
  expectType<ItemStream<number>>()(c.items(3))
  expectType<ObjectRefStream<number>>()(c.items.remote(num))
  expectType<ItemStream<string>>()(c.ticks())
  expectType<ItemStream<Date>>()(c.annotated.options({ backpressure: 2 })())
  for await (const x of c.items(3)) expectType<number>()(x)
  for await (const x of c.items.remote(3)) expectType<ObjectRef<number>>()(x)
  expectType<Promise<number[]>>()(c.array())
  expectType<Promise<ReadableStream<number>>>()(c.readable())

  // numReturns
  expectType<ObjectRef<[number, string]>>()(c.pair.remote())
  expectType<[ObjectRef<number>, ObjectRef<string>]>()(c.pair.options({ numReturns: 2 }).remote())
  expectType<[ObjectRef<number>, ObjectRef<string>]>()(c.asyncPair.options({ numReturns: 2 }).remote())
  expectType<void>()(c.pair.options({ numReturns: 0 }).remote())
  expectType<ObjectRef<[number, string]>>()(c.pair.options({ numReturns: 1 }).remote())
  expectType<ObjectRef<number>[]>()(c.array.options({ numReturns: 7 }).remote())
  // @ts-expect-error
  c.pair.options({ numReturns: 3 })
  // @ts-expect-error
  c.increment.options({ numReturns: 2 })

  // odd results
  expectType<ObjectRef<ObjectRef<number>>>()(c.ref.remote())
  expectType<Promise<ObjectRef<number>>>()(c.ref())
  expectType<Promise<never>>()(c.fail())
  expectType<Promise<number | undefined>>()(c.union())
  expectType<Promise<number | string>>()(c.mixed())
  // biome-ignore lint/suspicious/noExplicitAny: stays what it is
  expectType<Promise<any>>()(c.any())

  // callbacks, handles and refs as arguments
  c.run(
    proxy((n) => {
      expectType<number>()(n)
      return String(n)
    }),
  )
  // @ts-expect-error
  c.run((n: number) => String(n))
  c.forward(pinger)
  c.list([num, num])

  // get, wait
  expectType<Promise<number>>()(get(num))
  expectType<Promise<[number, string]>>()(get([num, str]))
  expectType<Promise<number[]>>()(get([1, 2].map(() => num)))
  expectType<Promise<(number | string)[]>>()(get([] as (ObjectRef<number> | ObjectRef<string>)[]))
  expectType<Promise<[]>>()(get([]))
  expectType<ObjectRef<number>>()(await num)
  expectType<ObjectRef<number>[]>()((await wait([num, num]))[0])
  expectType<(ObjectRef<number> | ObjectRef<string>)[]>()((await wait([num, str], { numReturns: 2 }))[0])
  expectType<(ObjectRef<number> | ObjectRefStream<number>)[]>()((await wait([num, c.items.remote(1)]))[1])
  // @ts-expect-error
  get(3)
  // @ts-expect-error
  get([num, 3])
  // @ts-expect-error
  wait(num)
  // @ts-expect-error a ref is not its value
  const wrong: number = c.increment.remote()
  // @ts-expect-error
  num + 1
  kill(c)
  void wrong
  // @ts-expect-error
  kill('x')
}

function inheritance(): void {
  const CartPoleActor = actor(CartPole, import.meta)
  const env: ActorHandle<Env> = CartPoleActor.remote()
  const envs: ActorHandle<Env>[] = [CartPoleActor.remote(), env]
  expectType<Promise<{ reward: number }>>()(envs[0]!.step(1))
  expectType<Promise<string>>()(CartPoleActor.remote().render())
  const EnvClass: ActorClass<new () => Env> = CartPoleActor
  const same: ActorClass<typeof CartPole> = CartPoleActor
  const byClass: ActorHandle<CartPole> = CartPoleActor.remote()
  void EnvClass
  void same
  void byClass
  // @ts-expect-error abstract
  actor(Base, import.meta)
  // @ts-expect-error ActorHandle<Env> has no render
  env.render()
  // @ts-expect-error not the other way around
  const cart: ActorHandle<CartPole> = env
  void cart

  class Pool<T> {
    constructor(first?: T) {
      void first
    }
    add(x: T): T {
      return x
    }
    all(): T[] {
      return []
    }
  }
  const AnyPool = actor(Pool, import.meta)
  expectType<Promise<unknown[]>>()(AnyPool.remote(1).all())
  const NumberPool = actor(Pool<number>, import.meta)
  expectType<Promise<number[]>>()(NumberPool.remote(1).all())
  const p: ActorHandle<Pool<number>> = NumberPool.remote()
  void p
  async function helper<T>(r: ObjectRef<T>): Promise<T> {
    return get(r)
  }
  async function helpers<T>(r: ObjectRef<T>[]): Promise<T[]> {
    return get(r)
  }
  void helper
  void helpers
}

function tasks(): void {
  expectType<MethodName<Env>>()(null! as 'reset' | 'step')
  expectType<Proxied<() => void>>()(proxy((): void => {}))
  expectType<ObjectRef<number>>()(add.remote(add.remote(1, 2), 10))
  expectType<ObjectRef<number>>()(add.options({ maxRetries: 1 }).remote(1, 2))
  const two = task(async (a: number): Promise<[number, string]> => [a, ''], import.meta)
  expectType<[ObjectRef<number>, ObjectRef<string>]>()(two.options({ numReturns: 2 }).remote(1))
  const gen = task(
    function* gen(n: number) {
      yield n
    },
    import.meta,
  )
  expectType<ObjectRefStream<number>>()(gen.remote(1))
  // @ts-expect-error
  add(1, 2)
  // @ts-expect-error
  add.remote('x', 2)
  // @ts-expect-error
  add.options({ maxRestarts: 1 })
}

test('definitions start nothing, and the surface is what the compiler says', () => {
  for (const checked of [calls, inheritance, tasks]) expect(checked).toBeTypeOf('function')
  expect(Object.keys(Counter)).toEqual(['remote', 'options'])
  expect(Object.keys(add)).toEqual(['remote', 'options'])
})

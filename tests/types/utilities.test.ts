import {
  type ActorClass,
  type ActorFigures,
  type ActorHandle,
  ActorPool,
  type ActorView,
  actor,
  asCompleted,
  availableResources,
  type Capability,
  cancel,
  capabilities,
  clusterResources,
  exitActor,
  free,
  get,
  getActor,
  type HandleOf,
  type ItemStream,
  init,
  isDriver,
  isInitialized,
  kill,
  listActors,
  listTasks,
  type ObjectRef,
  type ObjectRefStream,
  put,
  Queue,
  type Runtime,
  ready,
  registerClass,
  runtimeContext,
  shutdown,
  type TaskView,
  task,
  terminate,
  timeline,
  transfer,
  wait,
} from 'troupe'
import { expect, test } from 'vitest'
import { add, Counter } from './definitions.ts'
import { expectType } from './expect-type.ts'

declare const c: HandleOf<typeof Counter>
declare const num: ObjectRef<number>
declare const str: ObjectRef<string>

class Net {
  readonly layers: number
  constructor(layers: number) {
    this.layers = layers
  }
  static async load(url: string, seed = 1): Promise<Net> {
    return new Net(url.length + seed)
  }
  async predict(input: Float32Array): Promise<Float32Array> {
    return input
  }
  async fails(): Promise<never> {
    throw new Error('always')
  }
}

function construction(): void {
  const Loaded = actor(Net, import.meta, { create: Net.load })
  const net = Loaded.remote('net.json')
  expectType<ActorHandle<Net>>()(net)
  Loaded.remote('net.json', 7)
  Loaded.remote(str, num)
  Loaded.options({ maxRestarts: 1 }).remote('net.json')
  // @ts-expect-error the factory's parameters, not the constructor's
  Loaded.remote(3)
  // @ts-expect-error the factory needs a URL
  Loaded.remote()
  // @ts-expect-error create is no option of one actor
  Loaded.options({ create: Net.load })
  // @ts-expect-error the factory makes something else
  actor(Net, import.meta, { create: async () => 'net' })
  const sync = actor(Net, import.meta, { create: (n: number) => new Net(n), numGpus: 1, maxRestarts: 2 })
  expectType<ActorHandle<Net>>()(sync.remote(1))
  const plain: ActorClass<typeof Net> = actor(Net, import.meta, { numGpus: 0.5, concurrencyGroups: { io: 2 } })
  plain.remote(3)
  actor(Net, 'package@1:net#Net', { methods: { predict: { group: 'io' }, fails: 'call' } })
  actor(Net)
  // @ts-expect-error no such option
  actor(Net, import.meta, { maxRestart: 1 })
  // @ts-expect-error a kind is 'call' or 'stream'
  actor(Net, import.meta, { methods: { predict: 'generator' } })
  // @ts-expect-error lifetime is 'detached' or left out
  plain.options({ lifetime: 'forever' })
  expectType<Promise<Float32Array>>()(net.predict(new Float32Array(1)))
  expectType<Promise<never>>()(net.fails())
  expectType<ObjectRef<never>>()(net.fails.remote())
}

async function actors(): Promise<void> {
  const net = await getActor<Net>('net', { namespace: 'models' })
  expectType<ActorHandle<Net>>()(net)
  // @ts-expect-error a field
  net.layers
  expectType<Promise<void>>()(ready(net))
  expectType<Promise<void>>()(terminate(net))
  expectType<void>()(kill(net, { noRestart: false }))
  expectType<void>()(cancel(num, { force: true }))
  // @ts-expect-error a handle is not what is cancelled
  cancel(net)
  // @ts-expect-error a promise of a direct call is not a ref
  cancel(c.increment())
  // @ts-expect-error a ref is not an actor
  ready(num)
  // @ts-expect-error a ref is not an actor
  terminate(num)
  expectType<void>()(free(num))
  expectType<void>()(free([num, str]))
  expectType<() => never>()(exitActor)
  using held = net
  await using also = net
  void held
  void also
}

async function starting(): Promise<void> {
  await using runtime = await init({
    numCpus: 2,
    numGpus: 1,
    softwareGpu: true,
    resources: { special: 1 },
    namespace: 'n',
    name: 'node',
    host: 'inline',
    worker: (name) => name.length,
    workerUrl: new URL('https://example.org/worker.js'),
    startTimeout: 1000,
    logToDriver: false,
  })
  expectType<Runtime>()(runtime)
  expectType<Promise<void>>()(runtime.shutdown())
  expectType<Promise<void>>()(shutdown())
  expectType<boolean>()(isInitialized())
  expectType<boolean>()(isDriver())
  expectType<Record<string, Capability>>()(await capabilities())
  expectType<Promise<Readonly<Record<string, number>>>>()(availableResources())
  expectType<Promise<Readonly<Record<string, number>>>>()(clusterResources())
  expectType<Promise<readonly ActorView[]>>()(listActors({ state: 'ALIVE' }))
  expectType<Promise<readonly TaskView[]>>()(listTasks({ state: 'RUNNING' }))
  expectType<readonly number[]>()(runtimeContext().gpuIds)
  expectType<AbortSignal>()(runtimeContext().signal)
  // @ts-expect-error no such option
  init({ numCPUs: 2 })
  // @ts-expect-error no such host
  init({ host: 'node' })
  // @ts-expect-error no such state
  listActors({ state: 'alive' })
  // @ts-expect-error no such field
  listActors({ stat: 'ALIVE' })
  // @ts-expect-error lists cannot be compared
  listActors({ gpuIds: [0] })
  const [detail] = await listActors({}, { detail: true })
  expectType<ActorFigures | undefined>()(detail!.figures)
  const [plain] = await listActors({})
  // @ts-expect-error only with detail: true
  plain!.figures
  expectType<string | undefined>()(plain!.pendingReason)
  for (const event of await timeline({ since: 5 })) {
    if (event.ph === 'X') expectType<boolean>()(event.args.ok)
    if (event.ph === 'i') expectType<string | undefined>()(event.args.reason)
  }
  init({ timeline: false })
  init({ timeline: { events: 100 } })
  // @ts-expect-error it is on unless it is switched off
  init({ timeline: true })
}

async function utilities(): Promise<void> {
  using queue = new Queue<{ id: number }>({ maxSize: 2 })
  expectType<Promise<void>>()(queue.put({ id: 1 }, { block: false, timeout: 5 }))
  expectType<Promise<{ id: number }>>()(queue.get({ timeout: 5 }))
  expectType<Promise<{ id: number }>>()(queue.getNowait())
  expectType<Promise<number>>()(queue.size())
  for await (const item of queue) expectType<{ id: number }>()(item)
  const shared = new Queue<{ id: number }>({ actor: queue.actor })
  // @ts-expect-error not an item of this queue
  shared.put({ name: 'x' })
  // @ts-expect-error no such option
  new Queue<number>({ maxsize: 2 })

  const pool = new ActorPool([c, c])
  pool.submit((actor, value) => actor.increment.remote(value), 1)
  // @ts-expect-error work returns a ref
  pool.submit((actor, value) => actor.increment(value), 1)
  // @ts-expect-error handles, not classes
  new ActorPool([Counter])
  for await (const value of pool.map((actor, by: number) => actor.increment.remote(by), [1, 2])) {
    expectType<number>()(value)
  }
  for await (const value of pool.mapUnordered((actor, _by: number) => actor.asyncPair.remote(), new Set([1]))) {
    expectType<readonly [number, string]>()(value)
  }
  expectType<HandleOf<typeof Counter> | undefined>()(pool.popIdle())

  for await (const ref of asCompleted([num, num])) expectType<ObjectRef<number>>()(ref)
  for await (const ref of asCompleted([num, str])) expectType<string | number>()(await get(ref))
  for await (const ref of asCompleted(new Set([num]))) expectType<number>()(await get(ref))
  // @ts-expect-error values are not refs
  asCompleted([1])
}

async function streams(): Promise<void> {
  const range = task(
    async function* range(to: number) {
      yield to
    },
    import.meta,
  )
  expectType<ObjectRefStream<number>>()(range.remote(3))
  expectType<ObjectRefStream<number>>()(range.options({ backpressure: 2 }).remote(3))
  const items: ItemStream<number> = c.items(3)
  await items[Symbol.asyncDispose]()
  const [ready] = await wait([c.items.remote(3), num])
  expectType<(ObjectRefStream<number> | ObjectRef<number>)[]>()(ready)
  const first = await c.items.remote(3).next()
  if (!first.done) expectType<number>()(await get(first.value))
  // @ts-expect-error a stream of refs is not one ref
  get(c.items.remote(3))
  // @ts-expect-error a stream is not a promise of its items
  const wrong: Promise<number[]> = c.items(3)
  void wrong
}

function values(): void {
  expectType<ObjectRef<Map<string, number>>>()(put(new Map<string, number>()))
  expectType<ArrayBuffer>()(transfer(new ArrayBuffer(1), []))
  put(new ArrayBuffer(1), { transfer: [new ArrayBuffer(1)] })
  registerClass(Net, import.meta)
  registerClass(Net, import.meta, { encode: (net) => net.layers, decode: (layers: number) => new Net(layers) })
  // @ts-expect-error decode takes what encode gives
  registerClass(Net, import.meta, { encode: (net) => net.layers, decode: (layers: string) => new Net(layers.length) })
  expectType<ObjectRef<number>>()(add.options({ retryExceptions: [RangeError], maxRetries: -1 }).remote(1, num))
  expectType<void>()(add.options({ numReturns: 0 }).remote(1, 2))
  // @ts-expect-error one result is one ref
  add.options({ numReturns: 2 })
}

test('the later parts of the surface are checked by the compiler, and nothing of them runs here', () => {
  for (const checked of [construction, actors, starting, utilities, streams, values]) {
    expect(checked).toBeTypeOf('function')
  }
  expect(isInitialized()).toBe(false)
})

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  availableResources,
  CoordinatorLostError,
  get,
  getActor,
  init,
  isInitialized,
  listActors,
  placementGroup,
  put,
  RuntimeShutdownError,
  ready,
  shutdown,
  terminate,
} from '../../src/index.ts'
import { add, Counter } from './counter.ts'

const head = vi.hoisted(() => ({ isMissing: true, release: undefined as (() => void) | undefined }))

vi.mock('../../src/runtime/head.ts', async (original) => {
  const real = await original<typeof import('../../src/runtime/head.ts')>()
  return {
    get startHead() {
      if (head.isMissing) throw new TypeError('Failed to fetch dynamically imported module')
      return real.startHead
    },
  }
})

beforeEach(() => {
  head.isMissing = true
})
afterEach(async () => {
  await shutdown()
})

test('init rejects by name when the part with the coordinator cannot be loaded, and works once it can', async () => {
  const failure = await init({ host: 'inline' }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(CoordinatorLostError)
  expect((failure as Error).message).toMatch(/could not be loaded.*Failed to fetch/)
  expect((failure as Error).cause).toBeInstanceOf(TypeError)
  expect(isInitialized()).toBe(false)
  head.isMissing = false
  await init({ host: 'inline' })
  expect(await Counter.remote().increment()).toBe(1)
})

test('all that waits for a coordinator that cannot be loaded rejects by name', async () => {
  const failed = init({ host: 'inline' })
  const counter = Counter.remote()
  const ref = counter.increment.remote()
  const group = placementGroup([{ CPU: 1 }])
  const waiting: Record<string, Promise<unknown>> = {
    failed,
    direct: counter.increment(),
    ref: get(ref),
    dependent: get(add.remote(ref, 1)),
    ready: ready(counter),
    task: get(add.remote(1, 2)),
    named: getActor('somebody'),
    listed: listActors(),
    resources: availableResources(),
    group: group.ready(),
  }
  for (const [what, promise] of Object.entries(waiting))
    expect.soft(await promise.catch((error: Error) => error.name), what).toBe('CoordinatorLostError')
  await expect(counter.increment()).rejects.toThrow(CoordinatorLostError)
  await terminate(counter)
  expect(isInitialized()).toBe(false)
})

test('a shutdown while the coordinator is still being loaded settles everything', async () => {
  head.isMissing = false
  const starting = init({ host: 'inline' })
  const counter = Counter.remote()
  const waiting: Record<string, Promise<unknown>> = {
    direct: counter.increment(),
    ready: ready(counter),
    task: get(add.remote(1, 2)),
    listed: listActors(),
  }
  await shutdown()
  for (const [what, promise] of Object.entries(waiting))
    expect.soft(await promise.catch((error: Error) => error.name), what).toBe(RuntimeShutdownError.name)
  await starting
  expect(isInitialized()).toBe(false)
})

test('what is asked before the coordinator is there goes on in its order', async () => {
  head.isMissing = false
  const starting = init({ host: 'inline', numCpus: 2 })
  const kept = put(new Uint8Array(100_000))
  const counters = Array.from({ length: 3 }, () => Counter.remote())
  const calls = counters.map((counter) => [counter.increment(), counter.increment(10), counter.increment()] as const)
  const named = Counter.options({ name: 'one' }).remote()
  const taken = Counter.options({ name: 'one' }).remote()
  const same = Counter.options({ name: 'one', getIfExists: true }).remote()
  const impossible = Counter.options({ resources: { gold: 1 } }).remote()
  expect(await Promise.all(calls.flat())).toEqual([1, 11, 12, 1, 11, 12, 1, 11, 12])
  expect(await named.increment()).toBe(1)
  expect(await same.increment()).toBe(2)
  expect(await (await getActor<{ increment(): number }>('one')).increment()).toBe(3)
  await expect(taken.increment()).rejects.toMatchObject({ name: 'ActorAlreadyExistsError' })
  await expect(impossible.increment()).rejects.toMatchObject({ name: 'ActorUnschedulableError' })
  expect(await get(add.remote(add.remote(1, 2), 10))).toBe(13)
  expect((await get(kept)).length).toBe(100_000)
  await starting
})

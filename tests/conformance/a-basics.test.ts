import {
  ActorDiedError,
  ActorError,
  actor,
  get,
  listActors,
  MethodNotFoundError,
  ready,
  runtimeContext,
  SerializationError,
  TaskError,
  TroupeError,
} from 'troupe'
import { expect, test } from 'vitest'
import { Broken, InheritedFoo, Plain, Self } from './actors/basics.ts'
import { Counter } from './actors/counter.ts'
import { CustomError, failCustom, failLocal } from './actors/errors.ts'
import { add, countItems, nothing, resourcesOf } from './actors/tasks.ts'
import { expectRejects, expectThrows, start, untyped } from './kit.ts'

test('A1 ten counters', async () => {
  await start()
  const counters = Array.from({ length: 10 }, () => Counter.remote())
  expect(await get(counters.map((counter) => counter.inc.remote()))).toEqual(Array(10).fill(1))
  const first = counters[0]!
  expect(await get(Array.from({ length: 5 }, () => first.inc.remote()))).toEqual([2, 3, 4, 5, 6])
})

test('A2 no direct use of a class or a task', async () => {
  // @ts-expect-error an actor class is not called
  expectThrows(() => Counter(), TypeError, /Counter\.remote\(/)
  // @ts-expect-error nor constructed
  expectThrows(() => new Counter(), TypeError, /Counter\.remote\(/)
  // @ts-expect-error a task is not called
  expectThrows(() => add(1, 2), TypeError, /add\.remote\(/)
  await start()
  expect(await Counter.remote(5).inc()).toBe(6)
})

test('A3 an unknown method, and a handle that is awaited', async () => {
  await start()
  const counter = Counter.remote()
  // @ts-expect-error no such method
  const direct = expectThrows(() => counter.nope(), MethodNotFoundError, /Counter/)
  expect(direct).toBeInstanceOf(TypeError)
  expect(direct.message).toMatch(/nope/)
  for (const method of ['inc', 'get', 'boom', 'sleep']) expect(direct.message).toContain(method)
  // @ts-expect-error no such method
  expectThrows(() => counter.nope.remote(), MethodNotFoundError, /nope/)
  expect(await counter).toBe(counter)
  expect(await Promise.resolve(counter)).toBe(counter)
  expect(await counter.inc()).toBe(1)
})

test('A4 no constructor, no arguments, nothing returned', async () => {
  await start()
  const plain = Plain.remote()
  expect(await get(plain.nothing.remote())).toBeUndefined()
  expect(await plain.nothing()).toBeUndefined()
  expect(await plain.echo(null)).toBeNull()
  expect(await get(nothing.remote())).toBeUndefined()
})

test('A5 inheritance from a plain class', async () => {
  await start()
  const foo = InheritedFoo.remote(1)
  expect(await get(foo.g.remote(5))).toBe(6)
  expect(await foo.f()).toBe(10)
  expectThrows(() => actor(class Sub extends (Counter as unknown as new () => object) {}, import.meta), TypeError)
})

test('A12 an error does not kill the actor', async () => {
  await start()
  const counter = Counter.remote(5)
  expect(await get(counter.inc.remote())).toBe(6)
  const error = await expectRejects(get(counter.boom.remote()), TaskError, /boom/)
  expect(error).toBeInstanceOf(RangeError)
  await expectRejects(counter.boom(), RangeError, /boom/)
  expect(await get(counter.inc.remote())).toBe(7)
})

test('A13 the class, the fields and the cause of an error', async () => {
  await start()
  const error = await expectRejects(get(failCustom.remote()), CustomError, /custom message/)
  expect(error).toBeInstanceOf(TaskError)
  expect(error).toBeInstanceOf(TroupeError)
  expect(error.code).toBe(7)
  expect(error.name).toBe('CustomError')
  expect(error.cause).toBeInstanceOf(TypeError)
  expect((error.cause as Error).message).toBe('the cause')
  expect((error as unknown as TaskError).task).toMatchObject({ method: 'failCustom' })
  const local = await expectRejects(get(failLocal.remote()), RangeError, /too far/)
  expect(local).toBeInstanceOf(TaskError)
  expect(local).toMatchObject({ name: 'LocalRangeError', limit: 9 })
})

test('A15 a constructor that throws', async () => {
  await start()
  const broken = Broken.remote()
  const first = await expectRejects(get(broken.f.remote()), ActorDiedError, /oops-init/)
  expect(first.actorInitFailed).toBe(true)
  expect(first).toBeInstanceOf(ActorError)
  const later = await expectRejects(broken.f(), ActorDiedError, /oops-init/)
  expect(later.actorInitFailed).toBe(true)
  const notReady = await expectRejects(ready(broken), ActorDiedError, /oops-init/)
  expect(notReady.cause).toBeInstanceOf(RangeError)
})

test('A17 a bare function cannot be an argument', async () => {
  await start()
  const plain = Plain.remote()
  const error = await expectRejects(() => plain.echo({ list: [1, () => 2] }), SerializationError, /proxy\(/)
  expect(error).toBeInstanceOf(TypeError)
  expect(error.path).toMatch(/list/)
  expect(error.message).toContain(error.path)
  await expectRejects(() => get(plain.echo.remote(() => 2)), SerializationError, /proxy\(/)
  await expectRejects(() => get(countItems.remote(untyped([() => 1]))), SerializationError, /proxy\(/)
  expect(await plain.echo([1])).toEqual([1])
})

test('A20 the identity of the current actor', async () => {
  await start()
  const counters = [Counter.remote(), Counter.remote()]
  const contexts = await Promise.all(counters.map((counter) => counter.context()))
  expect(new Set(contexts.map(({ actorId }) => actorId)).size).toBe(2)
  expect(contexts.every(({ actorId }) => typeof actorId === 'string')).toBe(true)
  expect(runtimeContext().actorId).toBeUndefined()
  const self = Self.remote()
  const again = await self.itself()
  expect(await again.answer()).toBe(42)
  const [view] = await listActors({ className: 'Self' })
  expect((await self.ids()).actorId).toBe(view?.actorId)
})

test('A20 what the current actor or task holds', async () => {
  await start()
  expect(await Counter.remote().resources()).toEqual({})
  const special = Counter.options({ numGpus: 0.5, numCpus: 2, resources: { special: 1 } }).remote()
  expect(await special.resources()).toEqual({ CPU: 2, GPU: 0.5, special: 1 })
  expect(await get(resourcesOf.remote())).toEqual({ CPU: 1 })
  expect(await get(resourcesOf.options({ numCpus: 0, numGpus: 1 }).remote())).toEqual({ GPU: 1 })
  expect(runtimeContext().assignedResources).toEqual({})
})

import {
  ActorUnschedulableError,
  availableResources,
  get,
  getGpuIds,
  kill,
  ready,
  TaskUnschedulableError,
  wait,
} from 'troupe'
import { expect, test } from 'vitest'
import { Counter } from './actors/counter.ts'
import { add } from './actors/tasks.ts'
import { expectThrows, seconds, start, until } from './kit.ts'

test('F1 each actor gets a GPU of its own', async () => {
  await start()
  const GpuCounter = Counter.options({ numGpus: 1 })
  const first = GpuCounter.remote()
  const second = GpuCounter.remote()
  expect(await get([first.gpus.remote(), second.gpus.remote()])).toEqual([[0], [1]])
  const third = GpuCounter.remote()
  const ids = third.gpus.remote()
  expect(await wait([ids], { timeout: seconds(1.5) })).toEqual([[], [ids]])
  kill(first)
  expect(await get(ids)).toEqual([0])
  expect(await Counter.remote().gpus()).toEqual([])
  expect(getGpuIds()).toEqual([])
})

test('F3 a request that can never be met is refused at once', async () => {
  await start()
  const before = await availableResources()
  expect(before).toMatchObject({ CPU: 8, GPU: 2, special: 1 })
  const refusal = expectThrows(() => Counter.options({ numGpus: 5 }).remote(), ActorUnschedulableError, /5/)
  expect(refusal.message).toMatch(/\b2\b/)
  expectThrows(() => add.options({ numGpus: 5 }).remote(1, 2), TaskUnschedulableError, /5/)
  expectThrows(() => Counter.options({ resources: { special: 2 } }).remote(), ActorUnschedulableError, /special/)
  expectThrows(() => Counter.options({ resources: { unheard: 1 } }).remote(), ActorUnschedulableError, /unheard/)
  const waiting = Counter.options({ numGpus: 5, waitForResources: true }).remote()
  const answer = waiting.inc.remote()
  expect(await wait([answer], { timeout: seconds(2) })).toEqual([[], [answer]])
  expect(await availableResources()).toEqual(before)
  expect(await Counter.options({ numGpus: 2 }).remote().gpus()).toEqual([0, 1])
})

test('F5 what an actor holds shows in availableResources, and comes back', async () => {
  await start()
  const before = await availableResources()
  const counter = Counter.options({ numGpus: 1, numCpus: 2, resources: { special: 1 } }).remote()
  await ready(counter)
  expect(await availableResources()).toMatchObject({ CPU: 6, GPU: 1 })
  kill(counter)
  await until(async () => (await availableResources()).GPU === 2, 'the GPU comes back')
  expect(await availableResources()).toEqual(before)
  for (let i = 0; i < 5; i++) {
    const both = Counter.options({ numGpus: 2 }).remote()
    expect(await both.gpus()).toEqual([0, 1])
    kill(both)
  }
})

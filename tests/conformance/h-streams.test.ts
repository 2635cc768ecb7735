import { get, type ObjectRef, TaskError, wait } from 'troupe'
import { expect, test } from 'vitest'
import { everySoOften, Producer, threeThenThrow } from './actors/streams.ts'
import { expectRejects, reasonOf, seconds, sleep, start, until } from './kit.ts'

test('C17 a task that streams', async () => {
  await start()
  const stream = threeThenThrow.remote()
  const refs: ObjectRef<number>[] = []
  for await (const ref of stream) refs.push(ref)
  expect(refs.length).toBe(4)
  expect(await get(refs.slice(0, 3))).toEqual([0, 1, 2])
  expect(await expectRejects(get(refs[3]!), RangeError, /after three/)).toBeInstanceOf(TaskError)
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})

test('C18 wait on a stream', async () => {
  await start()
  const stream = everySoOften.remote(3, seconds(3))
  expect(await wait([stream], { timeout: seconds(0.1) })).toEqual([[], [stream]])
  expect(await wait([stream], { timeout: seconds(50) })).toEqual([[stream], []])
  const { value } = await stream.next()
  expect(await get(value as ObjectRef<number>)).toBe(0)
})

test('H5 generators: all items, then the end', async () => {
  await start()
  const producer = Producer.remote()
  const items: number[] = []
  for await (const item of producer.count(5)) items.push(item)
  expect(items).toEqual([0, 1, 2, 3, 4])
  const ticks: number[] = []
  for await (const item of producer.ticks(4, 1)) ticks.push(item)
  expect(ticks).toEqual([0, 1, 2, 3])
  const values: number[] = []
  for await (const ref of producer.count.remote(3)) values.push(await get(ref))
  expect(values).toEqual([0, 1, 2])
  for await (const item of producer.count(0)) throw new Error(`an item ${item} of none`)
})

test('H5 generators: break stops the producer', async () => {
  await start()
  const producer = Producer.remote()
  for await (const item of producer.ticks.options({ backpressure: 2 })(1000, 1)) if (item === 3) break
  await until(() => producer.isFinished(), 'the finally block runs')
  expect(await producer.made()).toBeLessThanOrEqual(7)
})

test('H5 generators: back-pressure', async () => {
  await start()
  const producer = Producer.remote()
  const items = producer.ticks.options({ backpressure: 2 })(10, 0)
  let read = 0
  for await (const item of items) {
    expect(item).toBe(read++)
    await sleep(seconds(0.1))
    expect((await producer.made()) - read).toBeLessThanOrEqual(2)
  }
  expect(read).toBe(10)
})

test('H5 generators: an error ends the loop with it', async () => {
  await start()
  const seen: number[] = []
  const reason = await reasonOf(async () => {
    for await (const item of Producer.remote().failing()) seen.push(item)
  })
  expect(seen).toEqual([0, 1])
  expect(reason).toBeInstanceOf(RangeError)
  expect(reason).toBeInstanceOf(TaskError)
})

import { get, kill, OwnerDiedError, proxy, wait } from 'troupe'
import { expect, test } from 'vitest'
import { LargeOwner } from './actors/faults.ts'
import { expectRejects, gate, seconds, start, workerTest } from './kit.ts'

test('C5 wait without fetching: ready when the value exists at its owner', async () => {
  await start()
  const door = gate()
  const [ref] = await LargeOwner.remote().make(proxy(door.pass), false)
  await door.reached
  expect(await wait([ref], { timeout: seconds(1), fetchLocal: false })).toEqual([[], [ref]])
  const both = [wait([ref], { fetchLocal: false }), wait([ref], { fetchLocal: false })]
  door.open()
  expect(await Promise.all(both)).toEqual([
    [[ref], []],
    [[ref], []],
  ])
  expect(await wait([ref], { timeout: 0, fetchLocal: false })).toEqual([[ref], []])
  expect((await get(ref)).at(-1)).toBe(7)
})

test('C5 wait without fetching: an error counts as ready', async () => {
  await start()
  const door = gate()
  door.open()
  const [ref] = await LargeOwner.remote().make(proxy(door.pass), true)
  expect(await wait([ref], { fetchLocal: false })).toEqual([[ref], []])
  await expectRejects(get(ref), RangeError, /no large one/)
})

workerTest('C5 wait brings the value here, and without fetching it stays with its owner', async () => {
  await start()
  for (const fetchLocal of [true, false]) {
    const door = gate()
    door.open()
    const owner = LargeOwner.remote()
    const [ref] = await owner.make(proxy(door.pass), false)
    expect(await wait([ref], { fetchLocal })).toEqual([[ref], []])
    kill(owner)
    if (fetchLocal) expect((await get(ref))[0]).toBe(7)
    else await expectRejects(get(ref), OwnerDiedError)
  }
})

workerTest('C5 wait without fetching: an owner that ends makes it ready', async () => {
  await start()
  const door = gate()
  const owner = LargeOwner.remote()
  const [ref] = await owner.make(proxy(door.pass), false)
  await door.reached
  const waiting = wait([ref], { fetchLocal: false })
  kill(owner)
  expect(await waiting).toEqual([[ref], []])
  await expectRejects(get(ref), OwnerDiedError)
})

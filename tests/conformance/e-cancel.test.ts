import { cancel, get, proxy, TaskCancelledError } from 'troupe'
import { expect, test } from 'vitest'
import { Counter } from './actors/counter.ts'
import { note } from './actors/faults.ts'
import { Ledger } from './actors/ledger.ts'
import { Abortable, untilAborted } from './actors/streams.ts'
import { add, slow } from './actors/tasks.ts'
import { expectRejects, expectThrows, gate, seconds, start, until } from './kit.ts'

test('E11 a cancelled task', async () => {
  await start({ numCpus: 1 })
  const ledger = Ledger.remote()
  const running = untilAborted.remote(ledger)
  await until(async () => (await ledger.entries()).includes('running'), 'the task runs')
  const queued = note.remote('queued', ledger)
  cancel(queued)
  await expectRejects(get(queued), TaskCancelledError)
  cancel(running)
  await expectRejects(get(running), TaskCancelledError)
  await until(async () => (await ledger.entries()).includes('aborted'), 'the signal of the running task aborts')
  const finished = add.remote(1, 2)
  expect(await get(finished)).toBe(3)
  cancel(finished)
  expect(await get(finished)).toBe(3)
  expect(await get(slow.remote(1, 6))).toBe(6)
  expect(await ledger.entries()).toEqual(['running', 'aborted'])
})

test('E12 a cancelled call of an actor', async () => {
  await start()
  const counter = Counter.remote()
  const door = gate()
  const busy = counter.hold.remote(proxy(door.pass))
  await door.reached
  const queued = counter.inc.remote()
  cancel(queued)
  await expectRejects(get(queued), TaskCancelledError)
  expectThrows(() => cancel(busy, { force: true }), RangeError)
  const later = counter.inc.remote()
  door.open()
  await get(busy)
  expect(await get(later)).toBe(1)
  const pending = Counter.remote()
  const early = pending.inc.remote()
  cancel(early)
  await expectRejects(get(early), TaskCancelledError)
  expect(await pending.inc()).toBe(1)
  const ledger = Ledger.remote()
  const abortable = Abortable.remote(ledger)
  const running = abortable.untilAborted.remote()
  await until(async () => (await ledger.entries()).includes('running'), 'the call runs')
  cancel(running)
  await expectRejects(get(running), TaskCancelledError)
  await until(async () => (await ledger.entries()).includes('aborted'), 'its signal aborts')
  expect(await abortable.busy(seconds(0.1))).toBe(1)
})

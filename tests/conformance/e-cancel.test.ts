import { cancel, get, proxy, TaskCancelledError, TaskTimeoutError } from 'troupe'
import { expect, test } from 'vitest'
import { cancelsIt, Delegator, grandparent } from './actors/cancelling.ts'
import { Counter } from './actors/counter.ts'
import { note } from './actors/faults.ts'
import { Ledger } from './actors/ledger.ts'
import { Abortable, untilAborted } from './actors/streams.ts'
import { add, slow } from './actors/tasks.ts'
import { expectRejects, expectThrows, gate, seconds, start, until, untyped } from './kit.ts'

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

test('E16 the calls that a cancelled call has made end with it', async () => {
  await start()
  const ledger = Ledger.remote()
  const running = grandparent.remote(ledger, Abortable.remote(ledger))
  const noted = async (): Promise<string[]> => [...(await ledger.entries())].sort()
  await until(async () => (await noted()).length === 2, 'both children run')
  cancel(running)
  await expectRejects(get(running), TaskCancelledError)
  await until(async () => (await noted()).length === 7, 'all have ended')
  expect(await noted()).toEqual([
    'aborted',
    'aborted',
    'call TaskCancelledError',
    'parent aborted: true',
    'running',
    'running',
    'task TaskCancelledError',
  ])
})

test('E16 with recursive: false they go on', async () => {
  await start()
  const ledger = Ledger.remote()
  const delegator = Delegator.options({ maxConcurrency: 2 }).remote()
  const kept = gate()
  const alone = delegator.delegate.remote(proxy(kept.pass), ledger)
  await kept.reached
  cancel(alone, { recursive: false })
  await expectRejects(get(alone), TaskCancelledError)
  await until(async () => (await ledger.entries()).includes('delegator aborted'), 'its own signal aborts')
  kept.open()
  await until(async () => (await ledger.entries()).includes('passed'), 'the task it made goes on')
  const ended = gate()
  const tree = delegator.delegateAndNote.remote(proxy(ended.pass), ledger)
  await ended.reached
  cancel(tree)
  await until(async () => (await ledger.entries()).includes('delegated TaskCancelledError'), 'the task it made ends')
  expectThrows(() => cancel(tree, untyped({ recursive: 1 })), TypeError, /recursive/)
})

test('E16 a ref that was handed on cancels the tree as well', async () => {
  await start()
  const ledger = Ledger.remote()
  const running = grandparent.remote(ledger, Abortable.remote(ledger))
  await until(async () => (await ledger.entries()).length === 2, 'both children run')
  await get(cancelsIt.remote([running]))
  await expectRejects(get(running), TaskCancelledError)
  await until(async () => (await ledger.entries()).includes('parent aborted: true'), 'the tree has ended')
})

test('E16 a signal that aborts, and a time limit, end the tree as well', async () => {
  await start()
  const ledger = Ledger.remote()
  const delegator = Delegator.options({ maxConcurrency: 2 }).remote()
  const first = gate()
  const controller = new AbortController()
  const call = delegator.delegateAndNote.options({ signal: controller.signal })(proxy(first.pass), ledger)
  await first.reached
  controller.abort(new RangeError('enough'))
  await expectRejects(call, RangeError, /enough/)
  await until(async () => (await ledger.entries()).length === 1, 'it is noted')
  const second = gate()
  const limited = delegator.delegateAndNote.options({ timeout: seconds(5) })(proxy(second.pass), ledger)
  await expectRejects(limited, TaskTimeoutError)
  await until(async () => (await ledger.entries()).length === 2, 'it is noted')
  expect(await ledger.entries()).toEqual(['delegated TaskCancelledError', 'delegated TaskCancelledError'])
})

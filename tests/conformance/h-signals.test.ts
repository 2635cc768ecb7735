import { GetTimeoutError, get, proxy, TaskTimeoutError, wait } from 'troupe'
import { expect, test } from 'vitest'
import { Counter } from './actors/counter.ts'
import { Ledger } from './actors/ledger.ts'
import { Abortable } from './actors/streams.ts'
import { add, slow } from './actors/tasks.ts'
import { expectRejects, gate, reasonOf, seconds, start, until } from './kit.ts'

test('H6 AbortSignal: aborted before the start', async () => {
  await start()
  const counter = Counter.remote()
  const aborted = await expectRejects(() => counter.inc.options({ signal: AbortSignal.abort() })(), DOMException)
  expect(aborted.name).toBe('AbortError')
  const reason = new RangeError('my reason')
  expect(await reasonOf(() => counter.inc.options({ signal: AbortSignal.abort(reason) })())).toBe(reason)
  const door = gate()
  const busy = counter.hold(proxy(door.pass))
  await door.reached
  const controller = new AbortController()
  const queued = counter.inc.options({ signal: controller.signal })()
  controller.abort(reason)
  expect(await reasonOf(queued)).toBe(reason)
  door.open()
  await busy
  expect(await counter.inc()).toBe(1)
  expect(await reasonOf(() => get(add.options({ signal: AbortSignal.abort(reason) }).remote(1, 2)))).toBe(reason)
})

test('H6 AbortSignal: aborted while running, and as an argument', async () => {
  await start()
  const ledger = Ledger.remote()
  const abortable = Abortable.options({ maxConcurrency: 2 }).remote(ledger)
  const noted = (entry: string) => until(async () => (await ledger.entries()).includes(entry), entry)
  const controller = new AbortController()
  const running = abortable.untilAborted.options({ signal: controller.signal })()
  await noted('running')
  controller.abort(new RangeError('stop it'))
  await expectRejects(running, RangeError, /stop it/)
  await noted('aborted')
  const passed = new AbortController()
  const asked = abortable.isAborted(passed.signal)
  await noted('has signal')
  passed.abort('because')
  expect(await asked).toBe('because')
})

test('H6 AbortSignal: timeouts', async () => {
  await start()
  const counter = Counter.remote()
  await expectRejects(counter.sleep.options({ timeout: seconds(0.5) })(seconds(5)), TaskTimeoutError)
  await expectRejects(get(slow.options({ timeout: seconds(0.5) }).remote(seconds(5), 1)), TaskTimeoutError)
  const ref = slow.remote(seconds(10), 1)
  const reason = new RangeError('no more waiting')
  const controller = new AbortController()
  const got = get(ref, { signal: controller.signal })
  const waited = wait([ref], { signal: controller.signal })
  controller.abort(reason)
  expect(await reasonOf(got)).toBe(reason)
  expect(await reasonOf(waited)).toBe(reason)
  await expectRejects(get(ref, { timeout: 1 }), GetTimeoutError)
  expect(await get(ref)).toBe(1)
})

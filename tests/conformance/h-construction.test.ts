import { ActorDiedError, availableResources, kill, ready } from 'troupe'
import { expect, test } from 'vitest'
import { Contextual, Net } from './actors/construction.ts'
import { Ledger } from './actors/ledger.ts'
import { Nest } from './actors/lifetime.ts'
import { expectRejects, host, seconds, start, until, workerTest } from './kit.ts'

async function untilDead(counter: { inc(): Promise<number> }): Promise<void> {
  const isDead = () =>
    counter.inc().then(
      () => false,
      () => true,
    )
  await until(isDead, 'the actor dies')
}

workerTest('H10 workers in workers', async () => {
  await start()
  const outer = Nest.options({ numGpus: 1 }).remote()
  const last = await outer.grow(1)
  expect(await last.inc()).toBe(1)
  kill(outer)
  await untilDead(last)
  await expectRejects(last.inc(), ActorDiedError)
  await until(async () => (await availableResources()).GPU === 2, 'the GPU comes back')
})

test('H15 async construction: calls wait for it', async () => {
  await start()
  const net = Net.remote(3, seconds(1))
  const early = net.size()
  await ready(net)
  expect(await early).toBe(3)
})

test('H15 async construction: its rejection is the death of the actor', async () => {
  await start()
  const net = Net.remote(-1, 1)
  const call = net.size()
  const error = await expectRejects(ready(net), ActorDiedError, /oops-load/)
  expect(error.cause).toBeInstanceOf(RangeError)
  await expectRejects(call, ActorDiedError, /oops-load/)
})

workerTest('H15 async construction: a restart runs it again', async () => {
  await start()
  const ledger = Ledger.remote()
  const net = Net.options({ maxRestarts: 1 }).remote(2, 1, ledger)
  expect(await net.size()).toBe(2)
  await expectRejects(net.die(), Error)
  expect(await net.size()).toBe(2)
  expect(await ledger.count('loads')).toBe(2)
})

test('H17 context before and after an await', async () => {
  await start()
  const serial = Contextual.remote()
  const calls = await Promise.all([serial.ids(seconds(0.1)), serial.ids(seconds(0.1))])
  for (const { before, after } of calls) expect(after).toBe(before)
  expect(calls[0]!.before).not.toBe(calls[1]!.before)
  const interleaving = Contextual.options({ maxConcurrency: 10 }).remote()
  const both = await Promise.all([interleaving.ids(seconds(0.3)), interleaving.ids(seconds(0.1))])
  for (const { before, after, kept } of both) {
    expect(kept).toBe(before)
    expect(after).toBe(host === 'chromium' ? 'ContextLostError' : before)
  }
})

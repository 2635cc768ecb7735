import { DeadlockError, get } from 'troupe'
import { expect, test } from 'vitest'
import { keepName, Named, namesInTask, readMark, setUp, Talker, Waiter } from './actors/insight.ts'
import { expectRejects, host, start, until, workerTest } from './kit.ts'

test('G3 workerSetup runs in every worker before anything else', async () => {
  await start({ workerSetup: setUp })
  expect(await get([readMark.remote(), readMark.remote()])).toEqual(['set up', 'set up'])
})

workerTest('G4 console lines of workers reach the driver, with who wrote them', async () => {
  const { log, error } = console
  const lines: unknown[][] = []
  console.log = (...line) => void lines.push(line)
  console.error = (...line) => void lines.push(line)
  try {
    await start()
    await Talker.remote().say('hello')
    await until(() => lines.length >= 2, 'the lines arrive')
    await start().catch(() => {})
  } finally {
    Object.assign(console, { log, error })
  }
  const texts = lines.map((line) =>
    line.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' '),
  )
  expect(texts[0]).toMatch(/\(Talker#\d+\).*hello.*enough/s)
  expect(texts[1]).toMatch(/\(Talker#\d+\).*aside/s)
})

workerTest('G4 with logToDriver: false they stay in the worker', async () => {
  const { log, error } = console
  const lines: unknown[][] = []
  console.log = (...line) => void lines.push(line)
  console.error = (...line) => void lines.push(line)
  try {
    await start({ logToDriver: false })
    const talker = Talker.remote()
    await talker.say('to nobody')
    await talker.say('still to nobody')
  } finally {
    Object.assign(console, { log, error })
  }
  expect(lines).toEqual([])
})

test('G5 calls that wait for each other in a circle are ended when asked', async () => {
  await start({ deadlock: 'error' })
  const a = Waiter.remote()
  const b = Waiter.remote()
  const error = await expectRejects(a.call(b, a), DeadlockError, /Waiter#\d+ waits for Waiter#\d+/)
  expect(error.message).toMatch(/pong\(\)|ping\(\)/)
  await expectRejects(Waiter.remote().callSelf(), DeadlockError, /callSelf|pong/)
  expect(await a.pong()).toBe('pong')
})

test('G6 a circle is logged with its chain', async () => {
  const { warn } = console
  const lines: string[] = []
  console.warn = (line: string) => void lines.push(line)
  try {
    await start()
    const waiter = Waiter.remote()
    void waiter.callSelf().catch(() => {})
    await until(
      () => lines.some((line) => /Waiter#\d+ waits for Waiter#\d+\.pong\(\)/.test(line)),
      'the chain is logged',
    )
  } finally {
    console.warn = warn
  }
})

workerTest('G7 workers carry the names of what lives in them, from the start', async () => {
  const factoryKey = Symbol.for('troupe.worker-factory')
  const scope = globalThis as unknown as Record<symbol, ((name: string) => Worker) | undefined>
  const factory = scope[factoryKey]
  const given: string[] = []
  // What developer tools show is the name that the browser was given.
  if (factory !== undefined)
    scope[factoryKey] = (name) => {
      given.push(name)
      return factory(name)
    }
  try {
    await start({ workerSetup: keepName })
    const named = Named.remote()
    const shared = Named.options({ isolation: 'shared' }).remote()
    const seen = await Promise.all([named.names(), shared.names(), get(namesInTask.remote())])
    const expected = [/^Named#\d+$/, /^shared#\d+$/, /^tasks#\d+$/]
    const isShown = typeof process === 'undefined' || process.platform === 'linux'
    for (const [i, pattern] of expected.entries()) {
      if (isShown) for (const name of seen[i]!) expect(name).toMatch(pattern)
      else expect(seen[i]).toEqual([undefined, undefined])
      if (host === 'chromium')
        expect(
          given.some((name) => pattern.test(name)),
          String(given),
        ).toBe(true)
    }
  } finally {
    scope[factoryKey] = factory
  }
})

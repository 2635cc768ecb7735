import { ActorDiedError, get, kill, MethodNotFoundError, proxy, put, SerializationError, transfer } from 'troupe'
import { expect, test } from 'vitest'
import { Counter } from './actors/counter.ts'
import { Uncloneable } from './actors/errors.ts'
import { Guarded, Runner, Taker } from './actors/web.ts'
import { expectRejects, expectThrows, start, testOn, until, untyped, workerTest } from './kit.ts'

test('H1 direct calls', async () => {
  await start()
  const counter = Counter.remote()
  expect(await counter.inc(2)).toBe(2)
  const order: number[] = []
  const calls = Array.from({ length: 1000 }, () =>
    counter.inc().then((value) => {
      order.push(value)
      return value
    }),
  )
  const expected = Array.from({ length: 1000 }, (_, i) => i + 3)
  expect(await Promise.all(calls)).toEqual(expected)
  expect(order).toEqual(expected)
  kill(counter)
  const late = counter.inc()
  expect(late).toBeInstanceOf(Promise)
  await expectRejects(late, ActorDiedError)
})

workerTest('H2 transfer moves, in both directions', async () => {
  await start()
  const taker = Taker.remote()
  const buffer = new Uint8Array(1000).fill(1).buffer
  expect(await taker.take(transfer(buffer, [buffer]))).toBe(1000)
  expect(buffer.byteLength).toBe(0)
  const copied = new Uint8Array(500).buffer
  expect(await taker.take(copied)).toBe(500)
  expect(copied.byteLength).toBe(500)
  const given = await taker.give(64)
  expect(new Uint8Array(given)).toEqual(new Uint8Array(64).fill(9))
  expect(await taker.kept()).toBe(0)
  const { port1, port2 } = new MessageChannel()
  await taker.answer(transfer(port2, [port2]))
  const answered = new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data)
  })
  port1.postMessage(21)
  expect(await answered).toBe(42)
  port1.close()
})

testOn(['chromium'], 'H2 transfer of streams, canvases and bitmaps', async () => {
  await start()
  const taker = Taker.remote()
  const stream = new ReadableStream<number>({
    start(controller) {
      for (const item of [1, 2, 3]) controller.enqueue(item)
      controller.close()
    },
  })
  expect(await taker.read(transfer(stream, [stream]))).toEqual([1, 2, 3])
  const canvas = new OffscreenCanvas(4, 3)
  expect(await taker.paint(transfer(canvas, [canvas]))).toBe('4x3')
  const bitmap = await createImageBitmap(new ImageData(5, 2))
  expect(await taker.size(transfer(bitmap, [bitmap]))).toBe('5x2')
})

test('H4 callbacks', async () => {
  await start()
  const runner = Runner.remote()
  const seen: number[] = []
  const double = proxy((x: number) => {
    seen.push(x)
    return x * 2
  })
  expect(await runner.sum(double, 50)).toBe(50 * 49)
  expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => i))
  expect(
    await get(
      runner.sum.remote(
        proxy(async (x: number) => x),
        5,
      ),
    ),
  ).toBe(10)
  const failing = proxy((_x: number): number => {
    throw new RangeError('from the callback')
  })
  expect(await runner.caught(failing)).toBe('RangeError from the callback')
  await runner.keep(proxy((x: number) => x + 100))
  expect(await runner.useKept(1)).toBe(101)
  expect(await runner.nested({ on: { item: proxy((x: number) => x + 1) } })).toBe(21)
})

test('H4 callbacks are released: when the call ends, or when the actor lets go of what it kept', async () => {
  await start()
  interface Inside {
    readonly objects: { readonly counts: { readonly lent: number } }
  }
  const { runtime } = (globalThis as unknown as Record<symbol, { runtime: Inside }>)[Symbol.for('troupe')]!
  const lent = (): number => runtime.objects.counts.lent
  const runner = Runner.remote()
  const before = lent()
  expect(
    await runner.sum(
      proxy((x: number) => x),
      3,
    ),
  ).toBe(3)
  await runner.keep(proxy((x: number) => x + 1))
  await until(async () => {
    await runner.collectGarbage()
    return lent() === before + 1
  }, 'only the one that was kept is held')
  expect(await runner.useKept(1)).toBe(2)
  kill(runner)
  await until(() => lent() === before, 'the end of the actor lets go of it')
})

test('H9 hostile names and keys', async () => {
  await start()
  const guarded = Guarded.remote()
  expect(await guarded.open()).toBe(0)
  const handle = untyped(guarded) as Record<string | symbol, { remote(): unknown }>
  for (const name of [
    'constructor',
    '__proto__',
    'toString',
    'then',
    'hasOwnProperty',
    '_private',
    '#x',
    'touched',
    Symbol.iterator,
  ]) {
    expectThrows(() => handle[name]!.remote(), TypeError)
  }
  for (const name of ['_private', '#x', 'touched']) {
    expectThrows(() => handle[name]!.remote(), MethodNotFoundError, /Guarded/)
  }
  const hostile = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')
  const echoed = (await guarded.echo(hostile)) as object
  expect(Object.keys(echoed)).toContain('constructor')
  expect(await get(put(hostile))).toEqual(hostile)
  expect('polluted' in {}).toBe(false)
  expect(await guarded.isPolluted()).toBe(false)
  expect(await guarded.open()).toBe(0)
})

test('H13 a result that cannot be copied', async () => {
  await start()
  const source = Uncloneable.remote()
  await expectRejects(source.func(), SerializationError, /func|result|value/)
  const nested = await expectRejects(get(source.nested.remote()), SerializationError)
  expect(nested.path).toMatch(/layers\[1\]\.activation/)
  expect(nested.message).toContain('layers[1].activation')
  expect((await expectRejects(source.symbol(), SerializationError)).path).toMatch(/mark/)
  await expectRejects(source.weak(), SerializationError)
  await expectRejects(source.self(), SerializationError)
  expect(await source.alive()).toBe(true)
})

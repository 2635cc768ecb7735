import {
  actor,
  get,
  init,
  ObjectFreedError,
  type ObjectRef,
  proxy,
  put,
  registerClass,
  shutdown,
  transfer,
} from 'troupe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

class Leaf {
  name = 'leaf'
  parent: Leaf | undefined
  children: Leaf[] = []
}
class Money {
  readonly #cents: number
  constructor(cents: number) {
    this.#cents = cents
  }
  get cents(): number {
    return this.#cents
  }
}
class AppError extends Error {
  override name = 'AppError'
  detail: unknown
}
class Counted {}
let encodeCount = 0
registerClass(Counted, import.meta, { encode: () => encodeCount++, decode: () => new Counted() })
registerClass(Leaf, import.meta)
registerClass(AppError, import.meta)
registerClass(Money, import.meta, { encode: (money) => money.cents, decode: (cents: number) => new Money(cents) })

const Echo = actor(
  class Echo {
    echo(value: unknown): unknown {
      return value
    }
    moves<T extends { port: MessagePort }>(value: T): T {
      return transfer(value, [value.port])
    }
    throws(kind: 'self' | 'loop' | 'fields'): void {
      const error = new AppError(kind)
      if (kind === 'self') error.detail = error
      if (kind === 'loop') error.detail = { list: [{ error }] }
      if (kind === 'fields') error.detail = new Map([[new Money(5), put(1)]])
      throw error
    }
  },
  import.meta,
)

beforeAll(async () => {
  await init({ host: 'inline' })
})
afterAll(() => shutdown())

async function back<T>(value: T): Promise<T> {
  return get(put(value)) as Promise<T>
}

describe('what users put is what they get', () => {
  test('a copy of its own each time', async () => {
    const list = [1, { deep: new Float32Array([1, 2]) }]
    const ref = put(list)
    list.push(3)
    const [a, b] = await get([ref, ref])
    expect(a).toEqual([1, { deep: new Float32Array([1, 2]) }])
    expect(a).not.toBe(b)
  })

  test('instances of registered classes keep their class, private state and identity', async () => {
    const money = new Money(7)
    const out = await back({ a: money, b: [money], map: new Map([[money, new Leaf()]]) })
    expect(out.a).toBeInstanceOf(Money)
    expect(out.a.cents).toBe(7)
    expect(out.b[0]).toBe(out.a)
    expect([...out.map.keys()][0]).toBe(out.a)
    expect([...out.map.values()][0]).toBeInstanceOf(Leaf)
  })

  test('a tree with parents is the same tree', async () => {
    const root = new Leaf()
    for (const name of ['a', 'b']) root.children.push(Object.assign(new Leaf(), { name, parent: root }))
    const out = await back(root)
    expect(out.children.map(({ name }) => name)).toEqual(['a', 'b'])
    for (const child of out.children) expect(child.parent).toBe(out)
  })

  test('refs, handles, callbacks and errors inside stay what they are', async () => {
    const ref = put(5)
    const echo = Echo.remote()
    const cause = new RangeError('cause')
    const out = (await echo.echo({
      ref,
      echo,
      call: proxy((x: number) => x + 1),
      error: new AppError('x', { cause }),
    })) as {
      ref: ObjectRef<number>
      echo: typeof echo
      call: (x: number) => Promise<number>
      error: AppError
    }
    expect(await get(out.ref)).toBe(5)
    expect(await out.echo.echo(1)).toBe(1)
    expect(await out.call(1)).toBe(2)
    expect(out.error).toBeInstanceOf(AppError)
    expect(out.error.cause).toBeInstanceOf(RangeError)
  })

  test('what the platform copies or moves arrives whole beside a ref', async () => {
    const { port1, port2 } = new MessageChannel()
    const echo = Echo.remote()
    const out = (await echo.moves(transfer({ ref: put(1), port: port1, blob: new Blob(['text']) }, [port1]))) as {
      port: MessagePort
      blob: Blob
    }
    expect(out.blob.size).toBe(4)
    expect(out.port).toBeInstanceOf(MessagePort)
    for (const port of [out.port, port2]) (port as Partial<MessagePort>).close?.()
  })

  test('a port that is returned without transfer is refused with its path, and the actor lives on', async () => {
    const { port1, port2 } = new MessageChannel()
    const echo = Echo.remote()
    const thrown = await echo.echo(transfer({ port: port1 }, [port1])).catch((error: unknown) => error)
    expect(thrown).toMatchObject({ code: 'SERIALIZATION', path: 'result.port' })
    expect(await echo.echo(1)).toBe(1)
    port2.close()
  })

  test('what cannot be copied is refused with its path, beside a ref too', async () => {
    for (const value of [
      { bad: Promise.resolve() },
      { bad: new WeakMap(), ref: put(1) },
      { ref: put(1), bad: () => 1 },
      { large: new Uint8Array(8_000_000), bad: Promise.resolve() },
    ])
      expect(() => put(value)).toThrow(expect.objectContaining({ code: 'SERIALIZATION', path: 'value.bad' }))
  })
})

describe('errors that hold themselves', () => {
  test.each(['self', 'loop'] as const)('%s: the caller gets the error, and the actor lives on', async (kind) => {
    const echo = Echo.remote()
    const thrown = await echo.throws(kind).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(AppError)
    expect((thrown as Error).message).toBe(kind)
    expect(await echo.echo(1)).toBe(1)
  })

  test('errors in fields of errors cost no more than they are', async () => {
    let error: AppError = Object.assign(new AppError('innermost'), { detail: new Counted() })
    for (let depth = 0; depth < 5; depth++) error = Object.assign(new AppError(`${depth}`), { detail: error })
    const out = await back([error])
    expect(out[0]!.detail).toBeInstanceOf(AppError)
    expect(encodeCount).toBeLessThan(50)
  })

  test('refs and instances in fields of errors are what they were', async () => {
    const thrown = (await Echo.remote()
      .throws('fields')
      .catch((error: unknown) => error)) as AppError
    const [[money, ref]] = [...(thrown.detail as Map<Money, ObjectRef<number>>)] as [[Money, ObjectRef<number>]]
    expect(money.cents).toBe(5)
    expect(await get(ref).catch((error: unknown) => error instanceof ObjectFreedError)).toBe(1)
  })
})

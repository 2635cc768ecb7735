import { channelSuite, difference } from '@troupe/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clonableValues } from '../../packages/testing/src/clonable-values.ts'
import { ProtocolError, SerializationError } from '../../src/protocol/errors.ts'
import { ByteChannel } from '../../src/transport/bytes/byte-channel.ts'
import { decodeMessage } from '../../src/transport/bytes/decode.ts'
import { attachedBytes, encodeMessage } from '../../src/transport/bytes/encode.ts'
import { FrameReader, frameHead } from '../../src/transport/bytes/frames.ts'
import { MemoryPipe } from './bytes-kit.ts'

/** What arrives, as in another realm. */
function travel(value: unknown): unknown {
  const { body, buffers } = encodeMessage(value)
  return decodeMessage(
    body,
    buffers.map((bytes) => Uint8Array.from(bytes).buffer),
  )
}

function frameOf(value: unknown): Uint8Array {
  const encoded = encodeMessage(value)
  const parts = [frameHead(encoded), encoded.body, ...encoded.buffers]
  const frame = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    frame.set(part, at)
    at += part.length
  }
  return frame
}

const anything = (): fc.Arbitrary<unknown> =>
  fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
    maxDepth: 4,
  })

describe('ByteChannel', () => {
  for (const pieceBytes of [7, 100_000]) {
    const open = (): [ByteChannel, ByteChannel] => {
      const [a, b] = MemoryPipe.pair(pieceBytes)
      return [new ByteChannel(a), new ByteChannel(b)]
    }
    const cases = channelSuite(open).filter(
      ({ title }) => pieceBytes > 7 || !/large|several|views|empty|maps|once|deep|chain|list/.test(title),
    )
    for (const { title, run } of cases) test(`in pieces of ${pieceBytes} bytes, it ${title}`, run)
  }

  test('takes buffers of the transfer list out of the hands of the sender', async () => {
    const [a, b] = MemoryPipe.pair(100_000)
    const got = new Promise<unknown>((resolve) => new ByteChannel(b).listen(resolve, () => {}))
    const large = new Uint8Array(attachedBytes).fill(5)
    const small = new Uint8Array([1, 2])
    new ByteChannel(a).post([large, small], [large.buffer, small.buffer])
    expect([large.byteLength, small.byteLength]).toEqual([0, 0])
    expect(difference([new Uint8Array(attachedBytes).fill(5), new Uint8Array([1, 2])], await got)).toBeUndefined()
  })

  test('refuses what is too large and sends nothing of it', async () => {
    const [a, b] = MemoryPipe.pair()
    const sender = new ByteChannel(a, { limitBytes: 1000 })
    const got = new Promise<unknown>((resolve) => new ByteChannel(b).listen(resolve, () => {}))
    expect(() => sender.post(new Uint8Array(2000))).toThrow(SerializationError)
    sender.post('small')
    expect(await got).toBe('small')
  })

  test('closes both sides with the reason when something else than a message comes', async () => {
    const [a, b] = MemoryPipe.pair()
    const messages: unknown[] = []
    const reason = new Promise<string>((resolve) =>
      new ByteChannel(b).listen((message) => messages.push(message), resolve),
    )
    const closed = new Promise<string>((resolve) => a.listen(() => {}, resolve))
    a.write([frameOf('good'), new Uint8Array(64).fill(255), frameOf('never seen')])
    expect(await reason).toMatch(/bytes are allowed/)
    expect(messages).toEqual(['good'])
    expect(await closed).not.toBe('')
  })

  test('an error of whoever listens is not taken for one of the peer', () => {
    const [a, b] = MemoryPipe.pair()
    const heard: { bytes?: (piece: Uint8Array) => void } = {}
    b.listen = (onBytes) => {
      heard.bytes = onBytes
    }
    new ByteChannel(b).listen(
      () => {
        throw new Error('a bug of the listener')
      },
      () => expect.unreachable(),
    )
    expect(() => heard.bytes!(frameOf(1))).toThrow('a bug of the listener')
    a.close()
  })
})

describe('messages as bytes', () => {
  for (const { title, make } of clonableValues)
    test(`carry ${title}`, () => expect(difference(make(), travel(make()))).toBeUndefined())

  test('carry whatever structured clone carries', () => {
    fc.assert(
      fc.property(anything(), (value) => {
        expect(difference(structuredClone(value), travel(value))).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  test('keep what other codecs lose: −0, holes, lone surrogates, one object in two places', () => {
    const part = {}
    const holes = new Array<unknown>(4)
    holes[1] = 1
    const value = [-0, holes, 'a\ud800b', '\udc00'.repeat(100), part, [part]]
    expect(difference(value, travel(value))).toBeUndefined()
  })

  test('large buffers are not copied into the body', () => {
    const numbers = new Float64Array(attachedBytes)
    const { body, buffers } = encodeMessage({ numbers, again: numbers })
    expect(body.length).toBeLessThan(64)
    expect(buffers.map((bytes) => bytes.buffer)).toEqual([numbers.buffer])
  })

  test('views on shared memory arrive as copies of what they show', () => {
    const memory = new SharedArrayBuffer(attachedBytes * 2)
    const small = new Int16Array(memory, 2, 3).fill(7)
    const large = new Uint8Array(memory, 8, attachedBytes).fill(3)
    const got = travel([small, large, small]) as [Int16Array, Uint8Array, Int16Array]
    expect([...got[0]]).toEqual([7, 7, 7])
    expect([got[0].buffer instanceof ArrayBuffer, got[0].byteOffset, got[1].length, got[1][9]]).toEqual([
      true,
      0,
      attachedBytes,
      3,
    ])
    expect(got[2]).toBe(got[0])
  })

  test.each([
    ['a function', () => () => {}],
    ['a symbol', () => Symbol('s')],
    ['a MessagePort', () => new MessageChannel().port1],
    ['shared memory as a whole', () => new SharedArrayBuffer(8)],
    ['a Blob', () => new Blob(['x'])],
    ['a promise', () => Promise.resolve()],
    ['a weak map', () => new WeakMap()],
  ])('refuse %s and say where it stands', (_, make) => {
    const part = make()
    let error: unknown
    try {
      encodeMessage([1, { deep: new Map([['key', [part]]]) }])
    } catch (thrown) {
      error = thrown
    }
    if (part instanceof MessagePort) part.close()
    expect(error).toBeInstanceOf(SerializationError)
    expect(error).toMatchObject({ path: 'message[1].deep.get("key")[0]' })
    expect((error as { part?: unknown }).part).toBe(part)
    expect(difference('next', travel('next'))).toBeUndefined()
  })

  test('instances of classes become plain objects, whatever they call themselves', () => {
    class Named {
      value = 1
      get [Symbol.toStringTag](): string {
        return 'Map'
      }
    }
    expect(travel([new Named(), new Named()])).toEqual([{ value: 1 }, { value: 1 }])
  })

  test('what is nested too deep is refused on both sides', () => {
    let deep: unknown[] = []
    for (let i = 0; i < 5000; i++) deep = [deep]
    expect(() => encodeMessage(deep)).toThrow(SerializationError)
    expect(() => decodeMessage(new Uint8Array(20_000).map((_, i) => (i % 2 === 0 ? 0x8a : 1)))).toThrow(
      /deeper than 1000/,
    )
  })
})

describe('bytes of a peer that means ill', () => {
  const valid = clonableValues.filter(
    ({ title }) => !/large|20_000|several views on one buffer|chain|list|once/.test(title),
  )

  test('every message that is cut short is refused by name', () => {
    for (const { make } of valid) {
      const { body, buffers } = encodeMessage(make())
      const memory = buffers.map((bytes) => Uint8Array.from(bytes).buffer)
      const step = Math.max(1, Math.floor(body.length / 200))
      for (let end = 0; end < body.length; end += step)
        expect(() => decodeMessage(body.subarray(0, end), memory)).toThrow(ProtocolError)
    }
  })

  test('changed bytes give a value or a ProtocolError, and no prototype is changed', () => {
    const before = Object.getOwnPropertyNames(Object.prototype).length
    const bodies = valid.map(({ make }) => encodeMessage(make())).filter(({ buffers }) => buffers.length === 0)
    const change = fc.tuple(fc.nat(), fc.nat(255))
    fc.assert(
      fc.property(fc.nat(bodies.length - 1), fc.array(change, { minLength: 1, maxLength: 6 }), (which, changes) => {
        const body = bodies[which]!.body.slice()
        for (const [at, byte] of changes) body[at % body.length] = byte
        try {
          decodeMessage(body)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }),
      { numRuns: 3000 },
    )
    expect(Object.getOwnPropertyNames(Object.prototype).length).toBe(before)
  })

  test('any bytes at all give a value or a ProtocolError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeMessage(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }),
      { numRuns: 5000 },
    )
  })

  test('a few bytes that promise many parts take no memory', () => {
    const huge = [0xff, 0xff, 0xff, 0xff, 0x7f]
    for (const tag of [0x87, 0x88, 0x8a, 0x8c, 0x8d, 0x8e, 0x91, 0x92])
      expect(() => decodeMessage(Uint8Array.from([tag, ...huge, 0]))).toThrow(ProtocolError)
    const before = process.memoryUsage().heapUsed
    const sparse = decodeMessage(Uint8Array.from([0x8b, 0xff, 0xff, 0xff, 0xff, 0x0f, 0])) as unknown[]
    expect(sparse.length).toBe(2 ** 32 - 1)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000)
  })

  test('a list cannot be made longer by a key of it', () => {
    for (const key of ['length', '5', '4294967294']) {
      const text = [0xa0 + key.length, ...new TextEncoder().encode(key)]
      expect(() => decodeMessage(Uint8Array.from([0x8b, 5, 1, ...text, 1]))).toThrow(ProtocolError)
    }
  })

  test('a frame over the limit is refused before its memory is taken, and memory follows what has come', () => {
    const reader = new FrameReader(1_000_000, () => expect.unreachable())
    const head = (body: number, count: number): Uint8Array => new Uint8Array(Uint32Array.of(body, count).buffer)
    expect(() => reader.read(head(2_000_000, 0))).toThrow(/1000000 bytes are allowed/)
    const patient = new FrameReader(2 ** 31, () => expect.unreachable())
    patient.read(head(2 ** 30, 0))
    patient.read(new Uint8Array(1000))
    expect(patient.heldBytes).toBeLessThanOrEqual(65_536)
    patient.read(new Uint8Array(1_000_000))
    expect(patient.heldBytes).toBeLessThanOrEqual(4_000_000)
    expect(() => new FrameReader(2 ** 31, () => {}).read(head(10, 6))).toThrow(/cannot hold 6 buffers/)
    const table = new FrameReader(1_000_000, () => {})
    table.read(head(10, 1))
    expect(() => table.read(new Uint8Array(Uint32Array.of(2_000_000).buffer))).toThrow(ProtocolError)
  })

  test('frames are the same however they are cut', () => {
    const values = [
      1,
      { a: new Uint8Array(attachedBytes + 3).fill(9), b: [new ArrayBuffer(attachedBytes)] },
      '',
      [undefined],
    ]
    const frames = values.map(frameOf)
    const stream = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0))
    let end = 0
    for (const frame of frames) {
      stream.set(frame, end)
      end += frame.length
    }
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50_000 }), { minLength: 1, maxLength: 20 }), (cuts) => {
        const got: unknown[] = []
        const reader = new FrameReader(1e6, ({ body, buffers }) => got.push(decodeMessage(body, buffers)))
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const length = cuts[turn % cuts.length]! + 100
          reader.read(stream.subarray(at, at + length))
          at += length
        }
        expect(difference(values, got)).toBeUndefined()
      }),
      { numRuns: 50 },
    )
  })
})

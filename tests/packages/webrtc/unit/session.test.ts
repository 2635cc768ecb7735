import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeData, encodeFrame, type Lane, lanes } from '../../../../packages/webrtc/src/frames/frame.ts'
import { Session } from '../../../../packages/webrtc/src/frames/session.ts'
import { defaultLimits, type PeerLimits } from '../../../../packages/webrtc/src/limits.ts'

const small: PeerLimits = {
  ...defaultLimits,
  maxControlBytes: 100_000,
  maxBulkBytes: 400_000,
  windowBytes: 200_000,
  maxQueuedBytes: 2_000_000,
}
const protocolError = expect.objectContaining({ name: 'ProtocolError' })
const whole = (number: number, payload = new Uint8Array(1)) =>
  encodeData({ number, isFirst: true, isLast: true, totalBytes: payload.byteLength, payload })

/** Two sessions and two ordered wires each way, that can break at any point and be replaced. */
class Pair {
  readonly sides: readonly [Session, Session]
  readonly delivered: Uint8Array[][][] = [
    [[], []],
    [[], []],
  ]
  #wires: Uint8Array[][][] = fresh()

  constructor(limits: PeerLimits = small) {
    this.sides = [new Session('s', limits), new Session('s', limits)]
  }

  /** One side writes at most so many frames of a lane. */
  write(from: 0 | 1, lane: Lane, count: number): number {
    let written = 0
    while (written < count) {
      const frame = this.sides[from].next(lane)
      if (frame === undefined) break
      this.#wires[from]![lane]!.push(frame.slice())
      written++
    }
    return written
  }

  acknowledge(from: 0 | 1, isForced: boolean): number {
    const frames = this.sides[from].acknowledgements(isForced)
    this.#wires[from]![0]!.push(...frames)
    return frames.length
  }

  /** At most so many frames arrive at the other side, which takes what is whole. */
  arrive(from: 0 | 1, lane: Lane, count: number, takes = true): number {
    const to = from === 0 ? 1 : 0
    const frames = this.#wires[from]![lane]!.splice(0, count)
    for (const frame of frames) this.sides[to].receive(lane, frame, 0)
    for (let next = takes ? this.sides[to].take(0) : undefined; next !== undefined; next = this.sides[to].take(0))
      this.delivered[to]![next.lane]!.push(next.message.slice())
    return frames.length
  }

  /** The connection breaks, with all that is on its way; another takes its place. */
  reconnect(): void {
    this.#wires = fresh()
    const received = this.sides.map((side) => side.goOn())
    this.sides[0].resume(received[1]!)
    this.sides[1].resume(received[0]!)
  }

  /** Until nothing moves any more. */
  settle(): void {
    for (let moved = 1; moved > 0; ) {
      moved = 0
      for (const from of [0, 1] as const) {
        for (const lane of lanes) moved += this.write(from, lane, 8)
        for (const lane of lanes) moved += this.arrive(from, lane, 8)
        moved += this.acknowledge(from, true)
      }
    }
  }
}

const fresh = (): Uint8Array[][][] => [
  [[], []],
  [[], []],
]

describe('a session', () => {
  test('delivers everything once and in order, over any number of cuts at any point, and keeps nothing in the end', () => {
    const side = fc.constantFrom<0 | 1>(0, 1)
    const lane = fc.constantFrom<Lane>(0, 1)
    const count = fc.integer({ min: 1, max: 6 })
    const is = <T extends string>(name: T) => ({ do: fc.constant(name) })
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ ...is('send'), side, lane, bytes: fc.integer({ min: 0, max: 90_000 }) }) },
      { weight: 4, arbitrary: fc.record({ ...is('write'), side, lane, count }) },
      { weight: 4, arbitrary: fc.record({ ...is('arrive'), side, lane, count, takes: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ ...is('acknowledge'), side, isForced: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record(is('cut')) },
    )
    let sent = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const pair = new Pair()
        const posted: number[][][] = [
          [[], []],
          [[], []],
        ]
        steps.forEach((now, index) => {
          if (now.do === 'send') {
            pair.sides[now.side].send(now.lane, new Uint8Array(now.bytes).fill(index))
            posted[now.side]![now.lane]!.push(now.bytes, index)
            sent++
          } else if (now.do === 'write') pair.write(now.side, now.lane, now.count)
          else if (now.do === 'arrive') pair.arrive(now.side, now.lane, now.count)
          else if (now.do === 'acknowledge') pair.acknowledge(now.side, now.isForced)
          else pair.reconnect()
        })
        pair.settle()
        for (const from of [0, 1] as const)
          for (const at of lanes) {
            const came = pair.delivered[1 - from]![at]!
            const facts = came.flatMap((bytes, index) => [
              bytes.byteLength,
              bytes[0] ?? posted[from]![at]![2 * index + 1],
            ])
            expect(facts).toEqual(posted[from]![at])
            for (const bytes of came) expect(bytes.every((byte) => byte === bytes[0])).toBe(true)
          }
        expect(pair.sides.map((one) => one.keptBytes)).toEqual([0, 0])
      }),
      { numRuns: 300 },
    )
    expect(sent).toBeGreaterThan(1000)
  })

  test('a sender stops at the window, and goes on when it is acknowledged', () => {
    const pair = new Pair()
    for (let index = 0; index < 20; index++) pair.sides[0].send(1, new Uint8Array(50_000))
    expect(pair.write(0, 1, 100)).toBe(4)
    expect(pair.sides[0].queuedBytes(1)).toBe(800_000)
    pair.arrive(0, 1, 100)
    pair.acknowledge(1, false)
    pair.arrive(1, 0, 1)
    expect(pair.write(0, 1, 100)).toBe(4)
  })

  test('what nobody takes holds its sender back, and takes no more than a window beside one message', () => {
    const limits = { ...small, messagesPerSecond: 1 }
    const [a, b] = [new Session('s', limits), new Session('s', limits)]
    b.take(0)
    for (let index = 0; index < 12; index++) a.send(1, new Uint8Array(150_000))
    let moved = 1
    while (moved > 0) {
      moved = 0
      for (let frame = a.next(1); frame !== undefined; frame = a.next(1)) {
        b.receive(1, frame, 0)
        moved++
      }
      b.take(0)
      for (const ack of b.acknowledgements(true)) a.receive(0, ack, 0)
    }
    expect(b.keptBytes).toBeLessThanOrEqual(150_000 + small.windowBytes + 2 * 65_536)
    expect(b.waitMs(0)).toBeGreaterThan(500)
    expect(b.take(100)).toBe(undefined)
    expect(b.take(2100)!.message.byteLength).toBe(150_000)
  })

  test('a message that is too long is refused by its sender, and so is too much that waits', () => {
    const session = new Session('s', small)
    expect(() => session.send(0, new Uint8Array(100_001))).toThrow(RangeError)
    for (let index = 0; index < 5; index++) session.send(1, new Uint8Array(400_000))
    expect(() => session.send(1, new Uint8Array(1))).toThrow(/drained/)
    expect(session.keptBytes).toBe(2_000_000)
  })

  test.each<readonly [string, (session: Session) => void]>([
    ['frames out of order', (session) => session.receive(0, whole(2), 0)],
    [
      'a message above the limit',
      (session) =>
        session.receive(
          0,
          encodeData({ number: 1, isFirst: true, isLast: false, totalBytes: 2 ** 31, payload: new Uint8Array(9) }),
          0,
        ),
    ],
    [
      'a message inside another',
      (session) => {
        session.receive(
          0,
          encodeData({ number: 1, isFirst: true, isLast: false, totalBytes: 9, payload: new Uint8Array(1) }),
          0,
        )
        session.receive(0, whole(2), 0)
      },
    ],
    [
      'the rest of no message',
      (session) =>
        session.receive(
          0,
          encodeData({ number: 1, isFirst: false, isLast: true, totalBytes: 0, payload: new Uint8Array(1) }),
          0,
        ),
    ],
    [
      'more than was announced',
      (session) => {
        session.receive(
          0,
          encodeData({ number: 1, isFirst: true, isLast: false, totalBytes: 3, payload: new Uint8Array(1) }),
          0,
        )
        session.receive(
          0,
          encodeData({ number: 2, isFirst: false, isLast: false, totalBytes: 0, payload: new Uint8Array(2) }),
          0,
        )
      },
    ],
    [
      'less than was announced',
      (session) => {
        session.receive(
          0,
          encodeData({ number: 1, isFirst: true, isLast: false, totalBytes: 3, payload: new Uint8Array(1) }),
          0,
        )
        session.receive(
          0,
          encodeData({ number: 2, isFirst: false, isLast: true, totalBytes: 0, payload: new Uint8Array(1) }),
          0,
        )
      },
    ],
    [
      'an acknowledgement of what was never sent',
      (session) => session.receive(0, encodeFrame({ type: 'ack', lane: 1, number: 1 }), 0),
    ],
    ['signals on the bulk channel', (session) => session.receive(1, encodeFrame({ type: 'ping', number: 1 }), 0)],
    [
      'a flood of heartbeats',
      (session) => {
        for (let number = 1; number <= 20_001; number++) session.receive(0, encodeFrame({ type: 'ping', number }), 0)
      },
    ],
    [
      'more than the window',
      (session) => {
        for (let number = 1; number <= 8; number++) session.receive(1, whole(number, new Uint8Array(50_000)), 0)
      },
    ],
    [
      'a flood of tiny messages',
      (session) => {
        for (let number = 1; number <= 6000; number++) session.receive(1, whole(number), 0)
      },
    ],
    [
      'to go on before what it had',
      (session) => {
        session.send(0, new Uint8Array(1))
        session.next(0)
        session.receive(0, encodeFrame({ type: 'ack', lane: 0, number: 1 }), 0)
        session.resume([0, 0])
      },
    ],
    ['to go on after what was sent', (session) => session.resume([0, 1])],
  ])('%s is a ProtocolError', (_, act) => {
    const session = new Session('s', small)
    expect(() => act(session)).toThrow(protocolError)
    expect(session.keptBytes).toBeLessThanOrEqual(small.windowBytes + 2 * 65_536)
  })

  test('a cut while much waits to be taken breaks no window', () => {
    const pair = new Pair()
    for (let index = 0; index < 12; index++) pair.sides[0].send(1, new Uint8Array(50_000).fill(index))
    pair.write(0, 1, 100)
    for (const round of [1, 2, 3]) {
      pair.arrive(0, 1, round, false)
      pair.reconnect()
      pair.write(0, 1, 100)
    }
    pair.settle()
    expect(pair.delivered[1]![1]!.map(([first]) => first)).toEqual(Array.from({ length: 12 }, (_, index) => index))
  })

  test('a frame that comes again is dropped and counted', () => {
    const session = new Session('s', small)
    for (const number of [1, 2, 1, 2, 3]) session.receive(1, whole(number), 0)
    expect(session.repeatCount).toBe(2)
    expect(session.goOn()).toEqual([0, 0])
    while (session.take(0) !== undefined);
    expect(session.goOn()).toEqual([0, 3])
  })
})

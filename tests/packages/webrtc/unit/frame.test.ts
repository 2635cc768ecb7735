import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeFrame,
  encodeData,
  encodeFrame,
  maxFrameBytes,
  payloadBytes,
} from '../../../../packages/webrtc/src/frames/frame.ts'

const number = fc.integer({ min: 1, max: 2 ** 48 - 1 })

describe('frames', () => {
  test('a piece of a message comes back as it was', () => {
    fc.assert(
      fc.property(number, fc.boolean(), fc.uint8Array({ minLength: 1, maxLength: 100 }), (count, isLast, payload) => {
        const rest = { number: count, isFirst: false, isLast, totalBytes: 0, payload }
        expect(decodeFrame(encodeData(rest))).toEqual({ type: 'data', ...rest })
        const totalBytes = isLast ? payload.byteLength : payload.byteLength + 1 + (count % 2 ** 30)
        const first = { number: count, isFirst: true, isLast, totalBytes, payload }
        expect(decodeFrame(encodeData(first))).toEqual({ type: 'data', ...first })
      }),
    )
  })

  test('all other frames come back as they were', () => {
    fc.assert(
      fc.property(
        number,
        fc.constantFrom(0, 1),
        fc.string({ unit: 'grapheme', maxLength: 50 }),
        (count, lane, reason) => {
          for (const frame of [
            { type: 'ack', lane: lane as 0 | 1, number: count },
            { type: 'ping', number: count },
            { type: 'pong', number: count },
            { type: 'bye', reason },
            { type: 'go' },
          ] as const)
            expect(decodeFrame(encodeFrame(frame))).toEqual(frame)
        },
      ),
    )
  })

  test('a reason that is too long ends at a whole character', () => {
    const frame = decodeFrame(encodeFrame({ type: 'bye', reason: `x${'é'.repeat(2000)}` }))
    expect(frame).toEqual({ type: 'bye', reason: `x${'é'.repeat(511)}` })
  })

  test('a full piece is exactly one frame', () => {
    for (const isFirst of [true, false]) {
      const payload = new Uint8Array(payloadBytes(isFirst))
      const totalBytes = isFirst ? payload.byteLength : 0
      expect(encodeData({ number: 1, isFirst, isLast: true, totalBytes, payload }).byteLength).toBe(maxFrameBytes)
    }
  })

  const data = encodeData({ number: 1, isFirst: true, isLast: true, totalBytes: 3, payload: new Uint8Array(3) })
  const changed = (at: number, value: number, bytes = data): Uint8Array => {
    const copy = bytes.slice()
    copy[at] = value
    return copy
  }
  const ping = encodeFrame({ type: 'ping', number: 1 })
  const rest = encodeData({ number: 2, isFirst: false, isLast: true, totalBytes: 0, payload: new Uint8Array(1) })
  test.each<readonly [string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['an unknown kind', changed(0, 99)],
    ['more than a frame holds', new Uint8Array(maxFrameBytes + 1).fill(1)],
    ['data without its head', data.slice(0, 11)],
    ['data of one byte', data.slice(0, 1)],
    ['unknown flags', changed(1, 7)],
    ['the number 0', changed(4, 0)],
    ['a message longer than its only piece', changed(8, 4)],
    ['a first piece that is the whole, and says it is not', changed(1, 1)],
    ['an empty piece', rest.slice(0, 8)],
    ['an acknowledgement for a channel that is not there', encodeFrame({ type: 'ack', lane: 2 as 0, number: 1 })],
    ['a heartbeat with flags', changed(1, 1, ping)],
    ['a heartbeat that is too short', ping.slice(0, 7)],
    ['a heartbeat that is too long', new Uint8Array([...ping, 0])],
    ['a goodbye that is too long', new Uint8Array(1026).fill(5)],
    ['a goodbye that is no text', new Uint8Array([5, 0xff])],
    ['a go with more', new Uint8Array([6, 0])],
  ])('%s is a ProtocolError', (_, bytes) => {
    expect(() => decodeFrame(bytes)).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
  })
})

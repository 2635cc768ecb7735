import { ProtocolError } from 'troupe'

/** The largest frame, its head included, in bytes. */
export const maxFrameBytes: number = 64 * 1024

/** The two channels of a link, by number. */
export type Lane = 0 | 1
export const controlLane: Lane = 0
export const bulkLane: Lane = 1
export const lanes: readonly Lane[] = [controlLane, bulkLane]

/** A piece of a message. The first piece says how long the whole is; a message may be one piece. */
export interface DataFrame {
  readonly type: 'data'
  /** Counts the data frames of the lane, from 1. */
  readonly number: number
  readonly isFirst: boolean
  readonly isLast: boolean
  /** The length of the whole message; 0 in pieces that are not the first. */
  readonly totalBytes: number
  readonly payload: Uint8Array
}

/** Everything that both sides say to each other once each has proven the secret. */
export type Frame =
  | DataFrame
  /** All data frames of the lane up to this number have come, and need not be kept. */
  | { readonly type: 'ack'; readonly lane: Lane; readonly number: number }
  | { readonly type: 'ping'; readonly number: number }
  | { readonly type: 'pong'; readonly number: number }
  /** The link ends on purpose. */
  | { readonly type: 'bye'; readonly reason: string }
  /** The sender of this is ready to be sent data. */
  | { readonly type: 'go' }

/** The first byte of each kind of frame. */
export const codes = { data: 1, ack: 2, ping: 3, pong: 4, bye: 5, go: 6 } as const

const first = 1
const last = 2
/** Code, flags, number. */
const headBytes = 8
/** A first piece has the length of the whole besides. */
const firstHeadBytes = 12
const maxReasonBytes = 1024
const twoTo32 = 2 ** 32
const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** How much of a message fits into its first piece, and into each other one. */
export const payloadBytes = (isFirst: boolean): number => maxFrameBytes - (isFirst ? firstHeadBytes : headBytes)

/** A data frame as bytes; the payload is copied. */
export function encodeData(frame: Omit<DataFrame, 'type'>): Uint8Array<ArrayBuffer> {
  const { number, isFirst, isLast, totalBytes, payload } = frame
  const head = isFirst ? firstHeadBytes : headBytes
  const bytes = new Uint8Array(head + payload.byteLength)
  const view = headOf(bytes, codes.data, number)
  view.setUint8(1, (isFirst ? first : 0) | (isLast ? last : 0))
  if (isFirst) view.setUint32(8, totalBytes, true)
  bytes.set(payload, head)
  return bytes
}

/** Any other frame as bytes. */
export function encodeFrame(frame: Exclude<Frame, DataFrame>): Uint8Array<ArrayBuffer> {
  if (frame.type === 'bye') return encodeBye(frame.reason)
  const bytes = new Uint8Array(frame.type === 'go' ? 1 : headBytes)
  if (frame.type === 'go') bytes[0] = codes.go
  else headOf(bytes, codes[frame.type], frame.number).setUint8(1, frame.type === 'ack' ? frame.lane : 0)
  return bytes
}

function encodeBye(reason: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1 + maxReasonBytes)
  bytes[0] = codes.bye
  // A reason that is too long ends at a whole character.
  const { written } = utf8.encodeInto(reason, bytes.subarray(1))
  return bytes.slice(0, 1 + written)
}

/**
 * Reads a frame. What is no frame, or none that `encode` makes, is a ProtocolError. Nothing is allocated by what it
 * says: the payload is a view of the bytes that came.
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.byteLength > maxFrameBytes)
    throw wrong(`a frame of ${bytes.byteLength} bytes; ${maxFrameBytes} is the most`)
  switch (bytes[0]) {
    case codes.data:
      return decodeData(bytes)
    case codes.ack: {
      const number = decodeNumber(bytes)
      const lane = bytes[1]!
      if (lane > bulkLane) throw wrong(`an acknowledgement for channel ${lane}`)
      return { type: 'ack', lane: lane as Lane, number }
    }
    case codes.ping:
    case codes.pong: {
      const number = decodeNumber(bytes)
      if (bytes[1] !== 0) throw wrong('a heartbeat with flags')
      return { type: bytes[0] === codes.ping ? 'ping' : 'pong', number }
    }
    case codes.bye:
      return { type: 'bye', reason: decodeReason(bytes) }
    case codes.go:
      if (bytes.byteLength !== 1) throw wrong('a go that is too long')
      return { type: 'go' }
    default:
      throw wrong(bytes.byteLength === 0 ? 'an empty frame' : `a frame of unknown kind ${bytes[0]}`)
  }
}

function decodeData(bytes: Uint8Array): DataFrame {
  const flags = bytes[1] ?? 0
  const [isFirst, isLast] = [(flags & first) !== 0, (flags & last) !== 0]
  const head = isFirst ? firstHeadBytes : headBytes
  if (bytes.byteLength < head) throw wrong('a data frame without its whole head')
  if (flags > (first | last)) throw wrong(`unknown flags ${flags}`)
  const view = viewOf(bytes)
  const number = numberIn(view)
  if (number === 0) throw wrong('data frames count from 1')
  const payload = bytes.subarray(head)
  const totalBytes = isFirst ? view.getUint32(8, true) : 0
  if (isFirst && isLast !== (totalBytes === payload.byteLength))
    throw wrong(`a message of ${totalBytes} bytes whose first piece has ${payload.byteLength}`)
  if (payload.byteLength === 0 && !(isFirst && isLast)) throw wrong('an empty piece of a message')
  return { type: 'data', number, isFirst, isLast, totalBytes, payload }
}

function decodeNumber(bytes: Uint8Array): number {
  if (bytes.byteLength !== headBytes) throw wrong(`a frame of kind ${bytes[0]} with ${bytes.byteLength} bytes`)
  return numberIn(viewOf(bytes))
}

function decodeReason(bytes: Uint8Array): string {
  if (bytes.byteLength > 1 + maxReasonBytes) throw wrong('a goodbye that is too long')
  try {
    return strictUtf8.decode(bytes.subarray(1))
  } catch {
    throw wrong('a goodbye that is no text')
  }
}

function headOf(bytes: Uint8Array, code: number, number: number): DataView {
  const view = viewOf(bytes)
  view.setUint8(0, code)
  // 48 bits: more frames than a link ever carries.
  view.setUint16(2, Math.floor(number / twoTo32), true)
  view.setUint32(4, number % twoTo32, true)
  return view
}

const numberIn = (view: DataView): number => view.getUint16(2, true) * twoTo32 + view.getUint32(4, true)

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The error of a peer that broke the rules. */
export function wrong(what: string): ProtocolError {
  return new ProtocolError(`A peer sent ${what}. The link is closed; load the same version of Troupe on both sides.`)
}

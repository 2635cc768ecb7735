import { TroupeError } from 'troupe'
import {
  decodeFrame,
  encodeData,
  encodeFrame,
  type Lane,
  maxFrameBytes,
} from '../../../packages/webrtc/src/frames/frame.ts'
import { Session } from '../../../packages/webrtc/src/frames/session.ts'
import { defaultLimits, type PeerLimits } from '../../../packages/webrtc/src/limits.ts'
import { decodeMessage, encodeMessage } from '../../../packages/webrtc/src/trust/messages.ts'
import { cardExample, helloExample, proofExample, readyExample, refusalExample } from './trust-examples.ts'

/** What a run of mutated frames has shown. */
export interface FuzzReport {
  readonly frameCount: number
  /** Frames that were taken, and those that were refused by name. */
  readonly accepted: number
  readonly refused: number
  /** The most bytes that any session kept, and the most it may. */
  readonly mostKeptBytes: number
  readonly limitBytes: number
  /** Errors of other kinds than refusals: bugs. */
  readonly bugs: readonly string[]
}

const limits: PeerLimits = {
  ...defaultLimits,
  maxControlBytes: 20_000,
  maxBulkBytes: 300_000,
  windowBytes: 150_000,
}

/** Chance that repeats: the same seed gives the same numbers. */
function chanceOf(seed: number): (below: number) => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

type Chance = ReturnType<typeof chanceOf>

/** A sender and a receiver, until the receiver refuses. Some senders do not care how much may be on its way. */
interface Talk {
  readonly sender: Session
  readonly receiver: Session
  /** Nobody takes what has come. */
  readonly isIdle: boolean
}

const talkOf = (chance: Chance): Talk => ({
  sender: new Session('fuzz', chance(3) === 0 ? { ...limits, windowBytes: 10 * limits.windowBytes } : limits),
  receiver: new Session('fuzz', limits),
  isIdle: chance(4) === 0,
})

/** Feeds valid frames, each changed somewhere or not, to the decoders and to sessions that go on until they refuse. */
export function fuzzFrames(frameCount: number, seed: number): FuzzReport {
  const chance = chanceOf(seed)
  const bugs: string[] = []
  let [accepted, refused, mostKeptBytes] = [0, 0, 0]
  let talk = talkOf(chance)
  for (let index = 0; index < frameCount; index++) {
    const isHandshake = chance(8) === 0
    try {
      if (isHandshake) decodeMessage(changedMessage(chance))
      else frameArrives(talk, chance, index)
      accepted++
    } catch (error) {
      if (!(error instanceof TroupeError)) bugs.push(`frame ${index} of seed ${seed}: ${(error as Error).stack}`)
      refused++
      if (!isHandshake) talk = talkOf(chance)
    }
    mostKeptBytes = Math.max(mostKeptBytes, talk.receiver.keptBytes)
  }
  const { maxControlBytes, maxBulkBytes, windowBytes } = limits
  const limitBytes = maxControlBytes + maxBulkBytes + 2 * (windowBytes + 2 * maxFrameBytes)
  return { frameCount, accepted, refused, mostKeptBytes, limitBytes, bugs }
}

const changed = (bytes: Uint8Array, chance: Chance): Uint8Array => (chance(12) > 0 ? bytes : mutate(bytes, chance))

function frameArrives({ sender, receiver, isIdle }: Talk, chance: Chance, nowMs: number): void {
  const lane = (chance(3) === 0 ? 0 : 1) as Lane
  if (sender.queuedBytes(lane) === 0)
    sender.send(lane, new Uint8Array(chance(10) === 0 ? chance(lane === 0 ? 20_000 : 300_000) : chance(300)))
  const frame = chance(5) === 0 ? validFrame(chance, 1 + chance(20)) : sender.next(lane)
  if (frame !== undefined) {
    const bytes = changed(frame, chance)
    decodeFrame(bytes)
    receiver.receive(bytes[0] === 1 ? lane : 0, bytes, nowMs)
  }
  if (isIdle && chance(3) === 0) receiver.take(nowMs)
  if (!isIdle) while (receiver.take(nowMs) !== undefined);
  for (const acknowledgement of receiver.acknowledgements(chance(8) === 0)) sender.receive(0, acknowledgement, nowMs)
  if (chance(100) === 0) sender.resume(receiver.goOn())
}

function validFrame(chance: Chance, number: number): Uint8Array {
  const payload = (most: number): Uint8Array => new Uint8Array(1 + chance(most)).fill(number)
  switch (chance(6)) {
    case 0:
      return encodeFrame({ type: 'ack', lane: chance(2) as Lane, number: 1 + chance(9) })
    case 1:
      return encodeFrame({ type: chance(2) === 0 ? 'ping' : 'pong', number })
    case 2:
      return chance(2) === 0 ? encodeFrame({ type: 'go' }) : encodeFrame({ type: 'bye', reason: 'né\u{1f600}e' })
    case 3: {
      const bytes = payload(300)
      return encodeData({
        number,
        isFirst: true,
        isLast: false,
        totalBytes: bytes.byteLength + chance(400_000),
        payload: bytes,
      })
    }
    case 4:
      return encodeData({ number, isFirst: false, isLast: chance(2) === 0, totalBytes: 0, payload: payload(300) })
    default: {
      const bytes = payload(chance(20) === 0 ? 60_000 : 200)
      return encodeData({ number, isFirst: true, isLast: true, totalBytes: bytes.byteLength, payload: bytes })
    }
  }
}

/** A message of the handshake: as it should be, wrong in its bytes, with a field of another kind, or with more fields. */
function changedMessage(chance: Chance): Uint8Array {
  const examples = [helloExample, proofExample, cardExample, readyExample, refusalExample]
  const valid = encodeMessage(examples[chance(examples.length)]!)
  const way = chance(6)
  if (way === 0) return valid
  if (way === 1) return mutate(valid, chance)
  const fields = Object.entries(JSON.parse(new TextDecoder().decode(valid.subarray(1))))
  const odd = oddValues[chance(oddValues.length)]
  const name = fields[chance(fields.length)]![0]
  const body = way === 2 ? odd : Object.fromEntries(fields.map(([key, value]) => [key, key === name ? odd : value]))
  const text =
    way === 3
      ? JSON.stringify(body).replace('{', '{"__proto__":{"isAdmin":true},"constructor":1,')
      : JSON.stringify(body)
  return joined(valid.slice(0, 1), new TextEncoder().encode(text))
}

const oddValues = [
  null,
  true,
  -1,
  1.5,
  1e300,
  2 ** 53,
  '',
  '0'.repeat(64),
  'G'.repeat(64),
  'x'.repeat(3000),
  [],
  [1],
  [1, -1],
  [1, 2, 3],
  ['a', 1],
  {},
  { length: 2 },
  ['x'.repeat(70_000)],
  'y'.repeat(1500),
]

const interesting = [0, 1, 2, 3, 0x7f, 0x80, 0xfe, 0xff]
const fields = ['__proto__', 'constructor', 'toString', 'null', '-1', '1e999', '"x"', '[]', '{}']

/** A valid frame, wrong in one place or a few: a field, a length, a bit, a part that is missing, twice or moved. */
function mutate(valid: Uint8Array, chance: Chance): Uint8Array {
  let bytes = valid.slice()
  for (let round = 0; round <= chance(3); round++) bytes = mutateOnce(bytes, chance)
  return bytes
}

function mutateOnce(bytes: Uint8Array<ArrayBuffer>, chance: Chance): Uint8Array<ArrayBuffer> {
  const head = Math.min(bytes.byteLength, 12)
  const at = chance(head + 1)
  switch (chance(8)) {
    case 0:
      if (head > 0) bytes[chance(head)] = interesting[chance(interesting.length)]!
      return bytes
    case 1:
      if (bytes.byteLength > 0) bytes[chance(bytes.byteLength)]! ^= 1 << chance(8)
      return bytes
    case 2:
      return bytes.slice(0, chance(bytes.byteLength + 1))
    case 3:
      return joined(bytes, bytes.slice(0, chance(40)))
    case 4:
      return joined(bytes.slice(0, at), bytes.slice(chance(bytes.byteLength + 1)))
    case 5: {
      if (bytes.byteLength >= 12) new DataView(bytes.buffer).setUint32(chance(3) * 4, chance(2 ** 32), true)
      return bytes
    }
    case 6:
      return chance(10) === 0 ? joined(bytes, new Uint8Array(maxFrameBytes)) : bytes.slice(at)
    default: {
      const text = new TextEncoder().encode(fields[chance(fields.length)])
      const from = chance(bytes.byteLength + 1)
      return joined(joined(bytes.slice(0, from), text), bytes.slice(Math.min(bytes.byteLength, from + chance(20))))
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.byteLength + b.byteLength)
  whole.set(a)
  whole.set(b, a.byteLength)
  return whole
}

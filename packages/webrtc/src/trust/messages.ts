import { maxFrameBytes, wrong } from '../frames/frame.ts'

/** The first word of each side. */
export interface Hello {
  readonly type: 'hello'
  readonly nonce: string
  readonly nodeId: string
}

/** That the secret is known. */
export interface Proof {
  readonly type: 'proof'
  readonly mac: string
}

/** What a node says of itself once both have proven the secret. */
export interface CardMessage {
  readonly type: 'card'
  readonly protocolVersion: number
  readonly epoch: number
  readonly buildId?: string
  readonly classIds: readonly string[]
  /** The highest term it knows of, and its holder. */
  readonly term: number
  readonly holderId?: string
  /** The session it has with the other; empty: none. */
  readonly session: string
  /** After which frames of both lanes that session goes on. */
  readonly goOn: readonly [number, number]
}

/** The other is admitted, within these limits. */
export interface Ready {
  readonly type: 'ready'
  readonly maxControlBytes: number
  readonly maxBulkBytes: number
  readonly windowBytes: number
}

/** The other is turned away. */
export interface Refusal {
  readonly type: 'refusal'
  readonly error: RefusalKind
  readonly message: string
}

export type RefusalKind = 'AuthError' | 'ProtocolError' | 'busy'
export type Message = Hello | Proof | CardMessage | Ready | Refusal

/** The first byte of each; no frame of a session begins with them. */
const codes = { hello: 32, proof: 33, card: 34, ready: 35, refusal: 36 } as const
const kinds = ['AuthError', 'ProtocolError', 'busy'] as const
/** What somebody may say who has proven nothing. */
const maxUnprovenBytes = 1024
const maxIdChars = 256
const maxTextChars = 2000
const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** A message of the handshake as bytes. RangeError when it does not fit into a frame: too many definitions. */
export function encodeMessage({ type, ...fields }: Message): Uint8Array<ArrayBuffer> {
  const body = utf8.encode(JSON.stringify(fields))
  const bytes = new Uint8Array(1 + body.byteLength)
  if (bytes.byteLength > maxFrameBytes)
    throw new RangeError(
      `What this node says of itself takes ${bytes.byteLength} bytes, and ${maxFrameBytes} is the most.`,
    )
  bytes[0] = codes[type]
  bytes.set(body, 1)
  return bytes
}

/** Reads a message of the handshake, field by field. ProtocolError for anything that `encodeMessage` does not make. */
export function decodeMessage(bytes: Uint8Array): Message {
  if (bytes.byteLength > maxFrameBytes) throw wrong(`a handshake of ${bytes.byteLength} bytes`)
  switch (bytes[0]) {
    case codes.hello: {
      const fields = fieldsOf(bytes, maxUnprovenBytes)
      return { type: 'hello', nonce: hexIn(fields, 'nonce'), nodeId: textIn(fields, 'nodeId', 1, maxIdChars) }
    }
    case codes.proof:
      return { type: 'proof', mac: hexIn(fieldsOf(bytes, maxUnprovenBytes), 'mac') }
    case codes.card:
      return cardOf(fieldsOf(bytes, maxFrameBytes))
    case codes.ready: {
      const fields = fieldsOf(bytes, maxUnprovenBytes)
      const bound = (name: string): number => countIn(fields, name, 1)
      return {
        type: 'ready',
        maxControlBytes: bound('maxControlBytes'),
        maxBulkBytes: bound('maxBulkBytes'),
        windowBytes: bound('windowBytes'),
      }
    }
    case codes.refusal: {
      const fields = fieldsOf(bytes, maxFrameBytes)
      const error = kinds.find((kind) => kind === fields.get('error'))
      if (error === undefined) throw wrong('a refusal of an unknown kind')
      return { type: 'refusal', error, message: textIn(fields, 'message', 0, maxTextChars) }
    }
    default:
      throw wrong('something before both sides had proven the secret')
  }
}

function cardOf(fields: Fields): CardMessage {
  const [buildId, holderId] = [optionalIn(fields, 'buildId'), optionalIn(fields, 'holderId')]
  const classIds = fields.get('classIds')
  const isText = (id: unknown): id is string => typeof id === 'string' && id.length <= maxTextChars
  if (!Array.isArray(classIds) || !classIds.every(isText)) throw wrong('a card whose classIds are no list of texts')
  const goOn = fields.get('goOn')
  if (!Array.isArray(goOn) || goOn.length !== 2 || !goOn.every(isCount))
    throw wrong('a card without its place in the session')
  return {
    type: 'card',
    protocolVersion: countIn(fields, 'protocolVersion', 0),
    epoch: countIn(fields, 'epoch', 0),
    ...(buildId === undefined ? {} : { buildId }),
    classIds,
    term: countIn(fields, 'term', 0),
    ...(holderId === undefined ? {} : { holderId }),
    session: textIn(fields, 'session', 0, maxIdChars),
    goOn: [goOn[0] as number, goOn[1] as number],
  }
}

/** Own fields only: `__proto__` and `constructor` are names like any other, and nobody asks for them. */
type Fields = ReadonlyMap<string, unknown>

function fieldsOf(bytes: Uint8Array, mostBytes: number): Fields {
  if (bytes.byteLength > mostBytes) throw wrong(`a handshake of ${bytes.byteLength} bytes`)
  let value: unknown
  try {
    value = JSON.parse(strictUtf8.decode(bytes.subarray(1)))
  } catch {
    throw wrong('a handshake that cannot be read')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('a handshake without fields')
  return new Map(Object.entries(value))
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

function countIn(fields: Fields, name: string, least: number): number {
  const value = fields.get(name)
  if (!isCount(value) || (value as number) < least) throw wrong(`a handshake whose ${name} is no count`)
  return value as number
}

function textIn(fields: Fields, name: string, least: number, most: number): string {
  const value = fields.get(name)
  if (typeof value !== 'string' || value.length < least || value.length > most)
    throw wrong(`a handshake whose ${name} is no text of ${least} to ${most} characters`)
  return value
}

function optionalIn(fields: Fields, name: string): string | undefined {
  return fields.has(name) ? textIn(fields, name, 1, maxIdChars) : undefined
}

function hexIn(fields: Fields, name: string): string {
  const value = textIn(fields, name, 64, 64)
  if (!/^[0-9a-f]+$/.test(value)) throw wrong(`a handshake whose ${name} is not hexadecimal`)
  return value
}

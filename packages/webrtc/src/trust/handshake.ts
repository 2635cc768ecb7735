import { AuthError, ProtocolError } from 'troupe'
import { bulkLane, controlLane, type Lane, wrong } from '../frames/frame.ts'
import type { PeerLimits } from '../limits.ts'
import type { Wire, WireListener } from '../wire.ts'
import {
  type CardMessage,
  decodeMessage,
  encodeMessage,
  type Hello,
  type Message,
  type Ready,
  type RefusalKind,
} from './messages.ts'
import { freshNonce, isSame, type ProofFacts, type RoomKey } from './room-key.ts'

/** The other side has turned this node away, or is to be turned away. `kind` 'busy': it dials itself; wait for that. */
export class Refused extends Error {
  readonly kind: RefusalKind
  /** It was the other side that refused. */
  readonly isTheirs: boolean
  constructor(kind: RefusalKind, message: string, isTheirs = false) {
    super(message)
    this.kind = kind
    this.isTheirs = isTheirs
  }

  /** What is told to users. */
  toError(): Error {
    return this.kind === 'AuthError' ? new AuthError(this.message) : new ProtocolError(this.message)
  }
}

/** What this node brings to a handshake. The state of the node is asked for and changed by these only after the proof. */
export interface Host {
  readonly nodeId: string
  readonly room: string
  readonly key: RoomKey
  readonly timeoutMs: number
  /** The other has proven the secret. Says what this node says of itself; throws Refused to turn it away. */
  proven(nodeId: string, isInitiator: boolean): CardMessage
  /** It has shown its card. Its limits; throws Refused to turn it away. */
  admit(nodeId: string, card: CardMessage): Promise<PeerLimits>
}

/** A wire whose other end is known. */
export interface Established {
  readonly wire: Wire
  readonly nodeId: string
  readonly card: CardMessage
  readonly mine: CardMessage
  readonly limits: PeerLimits
  /** The name of a session that begins here; the same at both sides. */
  readonly freshSession: string
  /** Hands the wire over, with what has come meanwhile. */
  takeOver(listener: WireListener): void
}

/**
 * Both sides prove the secret to each other, each bound to this connection and to two numbers that are used once; only
 * then do they say anything else. Rejects with Refused, AuthError or ProtocolError; the wire is closed then.
 */
export async function shakeHands(wire: Wire, host: Host): Promise<Established> {
  const mail = new Mail(wire, host.timeoutMs)
  try {
    return await shake(wire, host, mail)
  } catch (error) {
    if (error instanceof Refused && !error.isTheirs)
      mail.send({ type: 'refusal', error: error.kind, message: error.message })
    mail.end()
    // What was sent last needs a moment; the other side closes when it has it.
    setTimeout(() => wire.close(), 200)
    throw error
  }
}

async function shake(wire: Wire, host: Host, mail: Mail): Promise<Established> {
  const { isInitiator } = wire
  const hello: Hello = { type: 'hello', nonce: freshNonce(), nodeId: host.nodeId }
  mail.send(hello)
  const theirs = await mail.next('hello')
  const facts = factsOf(wire, hello, theirs)
  if (isInitiator) await prove(mail, host, facts)
  await verify(mail, host, theirs.nodeId, { ...facts, prover: isInitiator ? 'acceptor' : 'initiator' })
  if (!isInitiator) await prove(mail, host, facts)
  const mine = host.proven(theirs.nodeId, isInitiator)
  mail.send(mine)
  const card = await mail.next('card')
  const own = await host.admit(theirs.nodeId, card)
  const { maxControlBytes, maxBulkBytes, windowBytes } = own
  mail.send({ type: 'ready', maxControlBytes, maxBulkBytes, windowBytes })
  const limits = leastOf(own, await mail.next('ready'))
  const freshSession = `${facts.initiatorNonce.slice(0, 16)}${facts.acceptorNonce.slice(0, 16)}`
  return {
    wire,
    nodeId: theirs.nodeId,
    card,
    mine,
    limits,
    freshSession,
    takeOver: (listener) => mail.takeOver(listener),
  }
}

function factsOf(wire: Wire, mine: Hello, theirs: Hello): ProofFacts {
  if (theirs.nodeId === mine.nodeId)
    throw new Refused('ProtocolError', `Two nodes of this room are called ${mine.nodeId}: give each a name of its own.`)
  const { isInitiator, initiatorPrint, acceptorPrint } = wire
  const [initiator, acceptor] = isInitiator ? [mine, theirs] : [theirs, mine]
  return {
    prover: isInitiator ? 'initiator' : 'acceptor',
    initiatorNonce: initiator.nonce,
    acceptorNonce: acceptor.nonce,
    initiatorId: initiator.nodeId,
    acceptorId: acceptor.nodeId,
    initiatorPrint,
    acceptorPrint,
  }
}

async function prove(mail: Mail, host: Host, facts: ProofFacts): Promise<void> {
  mail.send({ type: 'proof', mac: await host.key.proof(facts) })
}

async function verify(mail: Mail, host: Host, nodeId: string, facts: ProofFacts): Promise<void> {
  const { mac } = await mail.next('proof')
  if (isSame(mac, await host.key.proof(facts))) return
  throw new Refused(
    'AuthError',
    `A peer that calls itself ${JSON.stringify(nodeId)} did not prove the secret of room ${JSON.stringify(host.room)} to ${host.nodeId}: give both the same room and secret.`,
  )
}

const leastOf = (own: PeerLimits, theirs: Ready): PeerLimits => ({
  ...own,
  maxControlBytes: Math.min(own.maxControlBytes, theirs.maxControlBytes),
  maxBulkBytes: Math.min(own.maxBulkBytes, theirs.maxBulkBytes),
  windowBytes: Math.min(own.windowBytes, theirs.windowBytes),
})

/** More than a handshake ever has waiting is a flood. */
const maxWaiting = 8

/** What comes on a wire before it is anybody’s. */
class Mail {
  readonly #wire: Wire
  readonly #waiting: (readonly [lane: Lane, bytes: Uint8Array])[] = []
  readonly #timer: ReturnType<typeof setTimeout>
  #wake: () => void = () => {}
  #failure: Error | undefined

  constructor(wire: Wire, timeoutMs: number) {
    this.#wire = wire
    this.#timer = setTimeout(() => this.#fail(new Error(`the handshake took more than ${timeoutMs} ms`)), timeoutMs)
    wire.listen({
      onFrame: (lane, bytes) => this.#take(lane, bytes),
      onClose: (reason) => this.#fail(new Error(reason)),
      onLow: () => {},
    })
  }

  send(message: Message): void {
    this.#wire.send(controlLane, encodeMessage(message))
  }

  async next<T extends Message['type']>(type: T): Promise<Extract<Message, { type: T }>> {
    while (this.#waiting.length === 0) {
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const [lane, bytes] = this.#waiting.shift()!
    if (lane === bulkLane) throw refusal(wrong('a frame on the bulk channel before both had proven the secret'))
    const message = readMessage(bytes)
    if (message.type === 'refusal') throw new Refused(message.error, message.message, true)
    if (message.type !== type) throw refusal(wrong(`${message.type} where ${type} was due`))
    return message as Extract<Message, { type: T }>
  }

  takeOver(listener: WireListener): void {
    this.end()
    this.#wire.listen(listener)
    for (const [lane, bytes] of this.#waiting.splice(0)) listener.onFrame(lane, bytes)
    if (this.#failure !== undefined) listener.onClose(this.#failure.message)
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #take(lane: Lane, bytes: Uint8Array): void {
    if (this.#waiting.length >= maxWaiting)
      return this.#fail(refusal(wrong('a flood before both had proven the secret')))
    this.#waiting.push([lane, bytes])
    this.#wake()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#wake()
  }
}

const refusal = (error: Error): Refused => new Refused('ProtocolError', error.message)

function readMessage(bytes: Uint8Array): Message {
  try {
    return decodeMessage(bytes)
  } catch (error) {
    throw refusal(error as Error)
  }
}

import { ProtocolError } from 'troupe'
import type { ClusterRole, ClusterTransport, TermHolder } from 'troupe/adapter'
import { Random } from '../sim/random.ts'
import type { LaneCarrier } from './memory-lane.ts'
import { MemoryLink, type Noticing } from './memory-link.ts'
import { MemoryRoom } from './memory-room.ts'

/** Time as a network takes it: the real one, or a virtual one. */
export interface NetworkClock {
  after(ms: number, act: () => void): void
}

export interface MemoryNetworkOptions {
  readonly clock?: NetworkClock
  /** Chance: the same seed, the same run, given a virtual clock. */
  readonly seed?: number
  /** Shortest and longest time a message takes; those of one channel keep their order all the same. */
  readonly delayMs?: readonly [number, number]
  /** What a second carries, in bytes: what is large takes longer. */
  readonly bytesPerSecond?: number
  readonly lossProbability?: number
  readonly duplicateProbability?: number
  readonly resendMs?: number
  readonly suspectedMs?: number
  readonly lostMs?: number
  /** For so long a connect waits for a node behind a cut. */
  readonly connectMs?: number
}

const realClock: NetworkClock = { after: (ms, act) => void setTimeout(act, ms) }

/**
 * A room in memory, for tests: every transport of it joins the same room. Messages are delayed, lost, repeated and
 * reordered as told, links are cut and healed, nodes die; what the contract promises holds all the same.
 */
export class MemoryNetwork {
  readonly connectMs: number
  readonly #options: Required<Omit<MemoryNetworkOptions, 'connectMs'>>
  readonly #rooms = new Map<string, MemoryRoom>()
  readonly #cuts = new Set<string>()
  #highest: TermHolder = { term: 0 }
  readonly #random: Random
  #nodeCount = 0

  constructor(options: MemoryNetworkOptions = {}) {
    this.#options = {
      clock: realClock,
      seed: 1,
      delayMs: [0, 0],
      bytesPerSecond: Number.POSITIVE_INFINITY,
      lossProbability: 0,
      duplicateProbability: 0,
      resendMs: 20,
      suspectedMs: 3000,
      lostMs: 5000,
      ...options,
    }
    this.connectMs = options.connectMs ?? this.#options.lostMs
    this.#random = new Random(this.#options.seed)
  }

  /** A transport whose nodes join this room. */
  transport(role: ClusterRole = 'auto'): ClusterTransport {
    return {
      join: async (request) => {
        const nodeId = request.nodeId ?? `node-${++this.#nodeCount}`
        if (this.#rooms.has(nodeId))
          throw new ProtocolError(`A node ${nodeId} is in this room already: take another name.`)
        const room = new MemoryRoom(this, role, { ...request, nodeId })
        this.#rooms.set(nodeId, room)
        return room
      },
    }
  }

  /** Nothing gets through between two nodes, until `heal`. */
  cut(a: string, b: string): void {
    this.#cuts.add(pairOf(a, b))
    this.#linkOf(a, b)?.cut(this.noticing)
  }

  heal(a: string, b: string): void {
    this.#cuts.delete(pairOf(a, b))
    this.#linkOf(a, b)?.heal()
  }

  /** The process of a node is gone, without a goodbye. */
  kill(nodeId: string): void {
    this.#rooms.get(nodeId)?.die()
  }

  get highest(): TermHolder {
    return this.#highest
  }

  claim(term: number, { nodeId }: MemoryRoom): boolean {
    if (term !== this.#highest.term + 1) return false
    this.#highest = { term, nodeId }
    for (const room of this.#rooms.values()) this.later(() => room.tell({ type: 'termSeen', term, nodeId }))
    return true
  }

  /** The other node, when it is there and nothing is cut between them. */
  reach(from: MemoryRoom, nodeId: string): MemoryRoom | undefined {
    return this.#cuts.has(pairOf(from.nodeId, nodeId)) || nodeId === from.nodeId ? undefined : this.#rooms.get(nodeId)
  }

  /** Whether it is worth waiting for a node. */
  mayCome(nodeId: string): boolean {
    return this.#rooms.has(nodeId)
  }

  link(from: MemoryRoom, to: MemoryRoom): MemoryLink {
    // What the node was before it started anew is not heard of again.
    to.linkTo(from.nodeId)?.lose('it has started anew')
    const link = new MemoryLink([from, to], this.#carrier)
    from.take(link)
    to.take(link)
    return link
  }

  /** A node is no longer in the room. One of its name may come again, over new links. */
  gone(room: MemoryRoom): void {
    if (this.#rooms.get(room.nodeId) === room) this.#rooms.delete(room.nodeId)
  }

  later(act: () => void, ms: number = this.#delay()): void {
    this.#options.clock.after(ms, act)
  }

  /** When a silence is noticed. */
  get noticing(): Noticing {
    const { suspectedMs, lostMs, clock } = this.#options
    return { suspectedMs, lostMs, after: (ms, act) => clock.after(ms, act) }
  }

  get #carrier(): Omit<LaneCarrier, 'isCut' | 'closed'> {
    const { lossProbability, duplicateProbability, resendMs, bytesPerSecond, clock } = this.#options
    return {
      lossProbability,
      duplicateProbability,
      resendMs,
      chance: (probability) => probability > 0 && this.#random.chance(probability),
      later: (byteCount, act) => clock.after(this.#delay() + (byteCount * 1000) / bytesPerSecond, act),
      after: (ms, act) => clock.after(ms, act),
    }
  }

  #linkOf(a: string, b: string): MemoryLink | undefined {
    return this.#rooms.get(a)?.linkTo(b) ?? this.#rooms.get(b)?.linkTo(a)
  }

  #delay(): number {
    const [shortest, longest] = this.#options.delayMs
    return shortest + this.#random.next() * (longest - shortest)
  }
}

const pairOf = (a: string, b: string): string => (a < b ? `${a}\n${b}` : `${b}\n${a}`)

import type { PeerLink } from 'troupe/adapter'
import { type LaneCarrier, MemoryLane } from './memory-lane.ts'
import type { MemoryRoom } from './memory-room.ts'

type State = 'up' | 'suspected' | 'over'

/** After which times a silence is noticed. */
export interface Noticing {
  readonly suspectedMs: number
  readonly lostMs: number
  after(ms: number, act: () => void): void
}

/** The link of two nodes in memory: cut and healed as the network is, suspected and lost as time goes by. */
export class MemoryLink {
  readonly ends: readonly [PeerLink, PeerLink]
  readonly rooms: readonly [MemoryRoom, MemoryRoom]
  readonly #lanes: readonly MemoryLane[]
  #state: State = 'up'
  /** Counts the cuts: the alarms of a cut that was healed mean nothing. */
  #cutCount = 0
  #isSilent = false
  #isDead = false

  constructor(rooms: readonly [MemoryRoom, MemoryRoom], carrier: Omit<LaneCarrier, 'isCut' | 'closed'>) {
    this.rooms = rooms
    const closed = (lane: MemoryLane): void =>
      this.leave(rooms[this.#lanes.indexOf(lane) % 2 === 0 ? 0 : 1], 'the other side closed')
    const lanes = { ...carrier, isCut: () => this.#isSilent, closed }
    const [control, bulk] = [MemoryLane.pair(lanes), MemoryLane.pair(lanes)]
    this.#lanes = [...control, ...bulk]
    const end = (at: 0 | 1): PeerLink => ({
      nodeId: rooms[at === 0 ? 1 : 0].nodeId,
      control: control[at],
      bulk: bulk[at],
      close: (reason) => this.leave(rooms[at], reason),
    })
    this.ends = [end(0), end(1)]
  }

  get isOver(): boolean {
    return this.#state === 'over'
  }

  endOf(room: MemoryRoom): PeerLink {
    return this.ends[room === this.rooms[0] ? 0 : 1]
  }

  otherOf(room: MemoryRoom): MemoryRoom {
    return this.rooms[room === this.rooms[0] ? 1 : 0]
  }

  /** Nothing gets through any more. */
  cut({ suspectedMs, lostMs, after }: Noticing): void {
    this.#isSilent = true
    const cut = ++this.#cutCount
    const isStill = (): boolean => cut === this.#cutCount && !this.isOver
    after(suspectedMs, () => {
      if (!isStill()) return
      this.#state = 'suspected'
      this.#tellBoth((other) => ({ type: 'nodeSuspected', nodeId: other.nodeId }))
    })
    after(lostMs, () => isStill() && this.lose(`was silent for ${lostMs} ms`))
  }

  /** One side is dead: nothing heals this. */
  die(noticing: Noticing): void {
    this.#isDead = true
    if (!this.#isSilent) this.cut(noticing)
  }

  heal(): void {
    if (this.isOver || this.#isDead) return
    this.#isSilent = false
    this.#cutCount++
    const wasSuspected = this.#state === 'suspected'
    this.#state = 'up'
    if (wasSuspected) this.#tellBoth((other) => ({ type: 'nodeHealed', nodeId: other.nodeId }))
    for (const lane of this.#lanes) lane.resume()
  }

  lose(reason: string): void {
    this.#end(reason, () => this.#tellBoth((other) => ({ type: 'nodeLost', nodeId: other.nodeId, reason })))
  }

  /** One side ends it on purpose. */
  leave(leaver: MemoryRoom, reason: string): void {
    const other = this.otherOf(leaver)
    this.#end(reason, () => other.tell({ type: 'nodeLeft', nodeId: leaver.nodeId, reason }))
  }

  #end(reason: string, tell: () => void): void {
    if (this.isOver) return
    this.#state = 'over'
    for (const room of this.rooms) room.forget(this)
    for (const lane of this.#lanes) lane.end(reason)
    tell()
  }

  #tellBoth(eventAbout: (other: MemoryRoom) => Parameters<MemoryRoom['tell']>[0]): void {
    for (const room of this.rooms) room.tell(eventAbout(this.otherOf(room)))
  }
}

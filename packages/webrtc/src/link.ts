import { ProtocolError } from 'troupe'
import type { NodeCard, PeerLink } from 'troupe/adapter'
import { bulkLane, controlLane, encodeFrame, type Lane, lanes } from './frames/frame.ts'
import { Session } from './frames/session.ts'
import { LaneChannel } from './lane-channel.ts'
import { Liveness, type LivenessTimes } from './liveness.ts'
import type { Established } from './trust/handshake.ts'
import type { Wire } from './wire.ts'

/** Beyond this much waiting in the platform nothing more is handed to it, in bytes: it keeps control messages quick. */
export const highWaterBytes: number = 128 * 1024

/** What a link tells its room. */
export interface LinkOwner {
  suspected(link: Link): void
  healed(link: Link): void
  /** Its wire broke; the link waits for another. */
  broken(link: Link): void
  /** It is over, because of the other side or the time. */
  ended(link: Link, isOnPurpose: boolean, reason: string): void
  /** The other side broke the rules; the link is over. */
  refused(link: Link, error: ProtocolError): void
  /** It is over, because this node wants it so. */
  closed(link: Link): void
}

/** The link to one node: a session, over one wire after the other. */
export class Link implements PeerLink {
  readonly nodeId: string
  readonly card: NodeCard
  readonly session: Session
  readonly control: LaneChannel
  readonly bulk: LaneChannel
  readonly #owner: LinkOwner
  readonly #times: LivenessTimes
  readonly #liveness: Liveness
  #wire: Wire | undefined
  /** The other side is ready to be sent data over this wire. */
  #mayGo = false
  #pingCount = 0
  #pingedMs = 0
  #isOver = false
  #isDelivering = false
  #isWaiting = false

  constructor(established: Established, card: NodeCard, times: LivenessTimes, owner: LinkOwner) {
    this.nodeId = established.nodeId
    this.card = card
    this.session = new Session(established.freshSession, established.limits)
    this.#owner = owner
    this.#times = times
    this.#liveness = new Liveness(times, performance.now())
    this.control = this.#channel(controlLane)
    this.bulk = this.#channel(bulkLane)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get hasWire(): boolean {
    return this.#wire !== undefined
  }

  #channel(lane: Lane): LaneChannel {
    const { session } = this
    return new LaneChannel({
      post: (message) => {
        session.send(lane, message)
        this.#flush(lane)
      },
      get queuedBytes() {
        return session.queuedBytes(lane)
      },
      // Not within `listen`: its caller is not done yet.
      opened: () => queueMicrotask(() => this.#deliver()),
      closed: () => this.close('the other side closed'),
    })
  }

  /** A wire for the session, new or after a cut. */
  attach({ wire, card, mine, takeOver }: Established, isResumed: boolean): void {
    this.detach()
    if (isResumed) this.session.resume(card.goOn)
    this.#wire = wire
    this.#mayGo = false
    const isThis = (): boolean => this.#wire === wire && !this.#isOver
    takeOver({
      onFrame: (lane, bytes) => isThis() && this.#receive(lane, bytes),
      onLow: (lane) => isThis() && this.#flush(lane),
      onClose: () => isThis() && this.#broken(),
    })
    if (!isThis()) return
    if (mine.session === card.session && this.#liveness.heard(performance.now())) this.#owner.healed(this)
    wire.send(controlLane, encodeFrame({ type: 'go' }))
  }

  /** No frame comes by the wire it has any more. */
  detach(): void {
    const wire = this.#wire
    this.#wire = undefined
    wire?.close()
  }

  #broken(): void {
    this.detach()
    this.#owner.broken(this)
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    if (this.#isOver) return
    const news = this.#liveness.tick(nowMs)
    if (news === 'lost') return this.#end(false, `was silent for ${this.#times.lostMs} ms`)
    if (news === 'suspected') this.#owner.suspected(this)
    if (nowMs - this.#pingedMs < this.#times.heartbeatMs) return
    this.#pingedMs = nowMs
    this.#acknowledge(true)
    this.#wire?.send(controlLane, encodeFrame({ type: 'ping', number: ++this.#pingCount }))
  }

  close(reason: string): void {
    if (this.#isOver) return
    const wire = this.#wire
    wire?.send(controlLane, encodeFrame({ type: 'bye', reason }))
    this.#wire = undefined
    // The goodbye needs a moment.
    setTimeout(() => wire?.close(), 300)
    this.#finish(reason)
    this.#owner.closed(this)
  }

  /** It is over without another word. */
  end(reason: string): void {
    this.#end(false, reason)
  }

  #end(isOnPurpose: boolean, reason: string): void {
    if (this.#isOver) return
    this.detach()
    this.#finish(reason)
    this.#owner.ended(this, isOnPurpose, reason)
  }

  #finish(reason: string): void {
    this.#isOver = true
    this.control.end(reason)
    this.bulk.end(reason)
  }

  #flush(lane: Lane): void {
    const wire = this.#wire
    if (wire === undefined || !this.#mayGo) return
    while (wire.bufferedBytes(lane) < highWaterBytes) {
      const frame = this.session.next(lane)
      if (frame === undefined) break
      wire.send(lane, frame)
    }
    ;(lane === controlLane ? this.control : this.bulk).sent()
  }

  #receive(lane: Lane, bytes: Uint8Array): void {
    const nowMs = performance.now()
    if (this.#liveness.heard(nowMs)) this.#owner.healed(this)
    try {
      const heard = this.session.receive(lane, bytes, nowMs)
      if (typeof heard === 'object') return this.#end(true, heard.bye)
      if (heard === 'ping') this.#wire?.send(controlLane, encodeFrame({ type: 'pong', number: 1 }))
      else if (heard === 'data') this.#deliver()
      else if (heard !== 'pong') {
        this.#mayGo ||= heard === 'go'
        for (const each of lanes) this.#flush(each)
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#refuse(error)
    }
  }

  #refuse(error: ProtocolError): void {
    this.close(error.message)
    this.#owner.refused(this, error)
  }

  #deliver(): void {
    // A message may make its listener post, and listen.
    if (this.#isDelivering || this.#isOver) return
    this.#isDelivering = true
    try {
      while (!this.#isOver) {
        const next = this.session.take(performance.now(), [this.control.isOpen, this.bulk.isOpen])
        if (next === undefined) break
        ;(next.lane === controlLane ? this.control : this.bulk).deliver(next.message)
      }
    } finally {
      this.#isDelivering = false
    }
    this.#acknowledge(false)
    this.#deliverLater()
  }

  /** What comes faster than it may waits. */
  #deliverLater(): void {
    const waitMs = this.session.waitMs(performance.now())
    if (waitMs <= 0 || this.#isWaiting || this.#isOver) return
    this.#isWaiting = true
    setTimeout(() => {
      this.#isWaiting = false
      this.#deliver()
    }, waitMs)
  }

  #acknowledge(isForced: boolean): void {
    const wire = this.#wire
    if (wire !== undefined) for (const frame of this.session.acknowledgements(isForced)) wire.send(controlLane, frame)
  }
}

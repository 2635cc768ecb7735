import { NodeDiedError, ProtocolError } from 'troupe'
import type {
  ClusterRole,
  ClusterRoom,
  JoinRequest,
  NodeCard,
  PeerLink,
  TermHolder,
  TransportEvent,
} from 'troupe/adapter'
import type { MemoryLink } from './memory-link.ts'
import type { MemoryNetwork } from './memory-network.ts'

/** A node's seat in a room in memory. */
export class MemoryRoom implements ClusterRoom {
  readonly nodeId: string
  readonly role: ClusterRole
  readonly card: NodeCard
  readonly #network: MemoryNetwork
  readonly #onEvent: (event: TransportEvent) => void
  readonly #links = new Map<string, MemoryLink>()
  /** Rejects what is under way when the room is left. */
  readonly #underWay = new Set<(error: Error) => void>()
  #isOver = false

  constructor(network: MemoryNetwork, role: ClusterRole, { onEvent, nodeId, ...card }: JoinRequest & NodeCard) {
    this.#network = network
    this.#onEvent = onEvent
    this.role = role
    this.nodeId = nodeId
    this.card = { nodeId, ...card }
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get links(): readonly MemoryLink[] {
    return [...this.#links.values()]
  }

  linkTo(nodeId: string): MemoryLink | undefined {
    return this.#links.get(nodeId)
  }

  highestTerm(): Promise<TermHolder> {
    return this.#soon(() => this.#network.highest)
  }

  claim(term: number): Promise<boolean> {
    return this.#soon(() => this.role !== 'worker' && this.role !== 'driver' && this.#network.claim(term, this))
  }

  connect(nodeId: string): Promise<PeerLink> {
    const { connectMs } = this.#network
    return this.#soon(() => this.linkTo(nodeId)?.endOf(this) ?? this.#link(nodeId)).catch((error: Error) =>
      error instanceof NodeDiedError && !this.#isOver && this.#network.mayCome(nodeId)
        ? // It may be behind a cut.
          this.#soon(() => this.linkTo(nodeId)?.endOf(this) ?? this.#link(nodeId), connectMs)
        : Promise.reject(error),
    )
  }

  leave(): Promise<void> {
    for (const link of this.links) link.leave(this, 'it left')
    this.#end()
    return Promise.resolve()
  }

  /** The process is gone without a word: its links are silent from now on. */
  die(): void {
    this.#end()
    for (const link of this.links) link.die(this.#network.noticing)
  }

  tell(event: TransportEvent): void {
    if (!this.#isOver) this.#onEvent(event)
  }

  take(link: MemoryLink): void {
    const other = link.otherOf(this)
    this.#links.set(other.nodeId, link)
    this.tell({ type: 'nodeSeen', node: other.card, link: link.endOf(this) })
  }

  forget(link: MemoryLink): void {
    const { nodeId } = link.otherOf(this)
    if (this.#links.get(nodeId) === link) this.#links.delete(nodeId)
  }

  #link(nodeId: string): PeerLink {
    const other = this.#network.reach(this, nodeId)
    if (other === undefined)
      throw new NodeDiedError(`No node ${nodeId} can be reached from ${this.nodeId}: it left, died or is cut off.`, {
        nodeId,
      })
    const [own, its] = [this.card.buildId, other.card.buildId]
    if (own !== undefined && its !== undefined && own !== its)
      throw new ProtocolError(
        `${this.nodeId} runs build ${own} and ${nodeId} runs build ${its}: load the same on both.`,
      )
    return this.#network.link(this, other).endOf(this)
  }

  #soon<T>(decide: () => T, ms?: number): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) return reject(this.#gone())
      this.#underWay.add(reject)
      this.#network.later(() => {
        this.#underWay.delete(reject)
        if (this.#isOver) return
        try {
          resolve(decide())
        } catch (error) {
          reject(error as Error)
        }
      }, ms)
    })
  }

  #end(): void {
    this.#isOver = true
    for (const reject of this.#underWay) reject(this.#gone())
    this.#underWay.clear()
    this.#network.gone(this)
  }

  #gone(): NodeDiedError {
    return new NodeDiedError(`Node ${this.nodeId} has left its room.`, { nodeId: this.nodeId })
  }
}

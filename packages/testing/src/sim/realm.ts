import type { ActorView, ClusterEvent, Origin } from '../../../../src/core/cluster-events.ts'
import { PendingTable } from '../../../../src/transport/pending-table.ts'
import type { SimulatedNode } from './node.ts'
import { RemoteActor } from './remote-actor.ts'
import { Submitter } from './submitter.ts'
import type { World } from './world.ts'

/** Who waits for an answer of another realm. */
export interface Asker {
  answered(): void
  lost(): void
}

/** A realm that makes calls and tasks: the driver, or a worker. It behaves as `Runtime` does. */
export class Realm {
  readonly id: string
  readonly node: SimulatedNode
  readonly world: World
  readonly remotes = new Map<string, RemoteActor>()
  readonly tasks: Submitter
  readonly promises = new Set<string>()
  readonly #pending = new Map<string, PendingTable<Asker>>()
  readonly #lost = new Set<string>()
  isDead = false
  #nextNumber = 1

  constructor(id: string, node: SimulatedNode) {
    this.id = id
    this.node = node
    this.world = node.world
    this.tasks = new Submitter(this)
  }

  nextId(kind: string): string {
    return `${this.id}:${kind}${this.#nextNumber++}`
  }

  nextNumber(): number {
    return this.#nextNumber++
  }

  // ---- what it says to the coordinator

  tell(event: ClusterEvent): void {
    const { coordinator } = this.world
    this.send(() => coordinator.handle(event, this.origin))
  }

  /** Which life of a node it belongs to; the driver is in the coordinator's own process, before any node has joined. */
  get origin(): Origin | undefined {
    return this === this.world.driver ? undefined : this.node.origin
  }

  send(deliver: () => void): void {
    this.world.network.send(this.node, this.world.coordinatorNode, this.id, deliver)
  }

  // ---- handles

  /** Takes a handle in, for which the coordinator counts a hold of this realm. */
  adopt(actorId: string, maxTaskRetries: number): RemoteActor {
    let remote = this.remotes.get(actorId)
    if (remote === undefined) {
      remote = new RemoteActor(this, actorId, { session: this.nextNumber(), maxTaskRetries })
      this.remotes.set(actorId, remote)
      this.send(() => this.world.coordinator.watch(actorId, this))
    }
    remote.grantCount++
    return remote
  }

  /** Gives a handle to another realm, which may be gone by then. */
  passHandle(remote: RemoteActor, to: Realm): void {
    const { actorId, maxTaskRetries } = remote
    this.tell({ type: 'handlesGranted', actorId, realm: to.id, count: 1 })
    this.world.network.send(this.node, to.node, `${this.id} ${to.id}`, () => {
      if (!to.isDead) to.adopt(actorId, maxTaskRetries)
    })
  }

  onView(view: ActorView): void {
    this.remotes.get(view.actorId)?.update(view)
  }

  // ---- other realms

  /** Sends something that is answered, or lost with the other realm. */
  ask(peer: string, asker: Asker, deliver: (to: Realm, pendingId: number) => void, path = ''): void {
    if (this.#lost.has(peer)) return asker.lost()
    let table = this.#pending.get(peer)
    if (table === undefined) this.#pending.set(peer, (table = new PendingTable()))
    const pendingId = table.add(asker)
    this.toRealm(peer, (to) => deliver(to, pendingId), path)
  }

  /** `path` is one of several ways there: what goes by another may be overtaken. */
  toRealm(peer: string, deliver: (to: Realm) => void, path = ''): void {
    const to = this.world.realm(peer)
    // Nobody is there: whoever asked hears that from the coordinator.
    if (to === undefined) return
    this.world.network.send(this.node, to.node, `${this.id} ${peer}${path}`, () => {
      if (!to.isDead) deliver(to)
    })
  }

  /** Answers what another realm asked; `isLost`: it was not even begun. */
  answer(peer: string, pendingId: number, isLost: boolean): void {
    this.toRealm(peer, (to) => {
      const asker = to.#pending.get(this.id)?.take(pendingId)
      if (isLost) asker?.lost()
      else asker?.answered()
    })
  }

  realmLost(peer: string): void {
    this.#lost.add(peer)
    for (const asker of this.#pending.get(peer)?.drain() ?? []) asker.lost()
  }

  // ---- promises

  promise(id: string): void {
    this.promises.add(id)
    this.world.judge.promised(id)
  }

  settle(id: string, outcome: string): void {
    this.world.judge.settled(id, outcome)
  }

  /** Its worker is gone. */
  die(): void {
    this.isDead = true
    for (const id of this.promises) this.world.judge.abandoned(id)
  }
}

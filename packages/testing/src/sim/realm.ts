import type { ActorView, ClusterEvent, Origin } from '../../../../src/core/cluster-events.ts'
import type { RealmReport } from '../../../../src/core/node-report.ts'
import { firstWorkerOf } from '../../../../src/core/term.ts'
import type { ActorSpec } from '../../../../src/protocol/specs.ts'
import { PendingTable } from '../../../../src/transport/pending-table.ts'
import type { SimulatedCoordinator } from './coordinator.ts'
import type { SimulatedNode } from './node.ts'
import { RemoteActor } from './remote-actor.ts'
import { Submitter } from './submitter.ts'
import type { World } from './world.ts'

/** Who waits for an answer of another realm. */
export interface Asker {
  answered(): void
  lost(): void
}

/** What a realm tells a coordinator that takes over. */
export interface RealmState {
  readonly realm: Realm
  readonly report: RealmReport
  readonly watched: readonly string[]
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
  readonly #requested = new Map<string, { readonly spec: ActorSpec; readonly isReady: boolean }>()
  #living: { readonly living: ReadonlySet<string>; readonly before: number } | undefined
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
    this.send((coordinator) => coordinator.handle(event, this.origin))
  }

  /** Which life of a node it belongs to; the driver is in the coordinator's own process, before any node has joined. */
  get origin(): Origin | undefined {
    return this === this.world.driver ? undefined : this.node.origin
  }

  send(deliver: (coordinator: SimulatedCoordinator) => void): void {
    const { coordinator } = this.node
    this.world.network.send(this.node, coordinator.process, this.id, () => deliver(coordinator))
  }

  /** Asks for an actor. */
  request(spec: ActorSpec, isReady: boolean): void {
    this.#requested.set(spec.handle.actorId, { spec, isReady })
    this.send((coordinator) => coordinator.create(spec, this, isReady))
  }

  /** The arguments of an actor that it has asked for are there. */
  argumentsReady(actorId: string): void {
    const requested = this.#requested.get(actorId)
    if (requested !== undefined) this.#requested.set(actorId, { ...requested, isReady: true })
    this.tell({ type: 'actorDependenciesReady', actorId })
  }

  // ---- another coordinator

  /** What it tells a coordinator that takes over; what was counted by that one already is not in it. */
  stateFor(): RealmState {
    const isUnheard = (actorId: string): boolean => this.#requested.has(actorId)
    const holds = [...this.remotes].map(([actorId, remote]): [string, number] => {
      const count = remote.grantCount - remote.aheadCount - (isUnheard(actorId) && remote.isHeld ? 1 : 0)
      remote.aheadCount = 0
      return [actorId, count]
    })
    const heard = [...this.remotes.values()].flatMap(({ view }) => (view === undefined ? [] : [view]))
    const requested = [...this.#requested].map(([actorId, { spec, isReady }]) => {
      return { spec, isReady, isHeld: this.remotes.get(actorId)?.isHeld === true }
    })
    return {
      realm: this,
      report: { realm: this.id, holds, heard, requested, leases: this.tasks.leaseIds },
      watched: [...this.remotes.keys()],
    }
  }

  /** Says once more what the last coordinator may not have heard. */
  tellAgain(): void {}

  /** Of all workers of earlier terms only these are there. */
  onlyThese(living: ReadonlySet<string>, term: number): void {
    this.#living = { living, before: firstWorkerOf(term) }
    for (const peer of this.#pending.keys()) if (this.#isGone(peer)) this.realmLost(peer)
  }

  #isGone(peer: string): boolean {
    if (this.#living === undefined) return false
    const number = Number(peer.slice(peer.lastIndexOf('.w') + 2))
    return number < this.#living.before && !this.#living.living.has(peer)
  }

  // ---- handles

  /** Takes a handle in, for which the coordinator counts a hold of this realm. */
  adopt(actorId: string, maxTaskRetries: number, term: number): RemoteActor {
    let remote = this.remotes.get(actorId)
    if (remote === undefined) {
      remote = new RemoteActor(this, actorId, { session: this.nextNumber(), maxTaskRetries })
      this.remotes.set(actorId, remote)
      this.send((coordinator) => coordinator.watch(actorId, this))
    }
    remote.grantCount++
    // Told to a coordinator that was replaced since, or to one that has not asked here yet.
    if (term < this.node.term) this.tell({ type: 'handlesGranted', actorId, realm: this.id, count: 1 })
    else if (term > this.node.term) remote.aheadCount++
    return remote
  }

  /** Gives a handle to another realm, which may be gone by then. */
  passHandle(remote: RemoteActor, to: Realm): void {
    const { actorId, maxTaskRetries } = remote
    const { term } = this.node
    this.tell({ type: 'handlesGranted', actorId, realm: to.id, count: 1 })
    this.world.network.send(this.node, to.node, `${this.id} ${to.id}`, () => {
      if (!to.isDead) to.adopt(actorId, maxTaskRetries, term)
    })
  }

  /** An actor it has asked for cannot be. */
  refused(actorId: string, why: string): void {
    this.#requested.delete(actorId)
    this.remotes.get(actorId)?.fail(why)
  }

  onView(view: ActorView): void {
    // Until it has begun a coordinator may have to be told of it, and of its arguments, again.
    const isAhead = view.state === 'DEPENDENCIES_UNREADY' || view.state === 'PENDING_CREATION'
    if (!isAhead) this.#requested.delete(view.actorId)
    this.remotes.get(view.actorId)?.update(view)
  }

  // ---- other realms

  /** Sends something that is answered, or lost with the other realm. */
  ask(peer: string, asker: Asker, deliver: (to: Realm, pendingId: number) => void, path = ''): void {
    if (this.#lost.has(peer) || this.#isGone(peer)) return asker.lost()
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

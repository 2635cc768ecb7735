import type { ActorId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { ActorSpec, GroupSpec, ResourceRequest } from '../protocol/specs.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import { ActorLife } from './actor-life.ts'
import type { ActorRecord } from './actor-record.ts'
import { Admission } from './admission.ts'
import type { Books } from './books.ts'
import type { ActorView, ClusterCommand, ClusterEvent, Origin, Refusal } from './cluster-events.ts'
import { type ClusterParts, checkClusterInvariants } from './cluster-invariants.ts'
import type { Allocation } from './demand.ts'
import { sumAmounts } from './feasibility.ts'
import { GroupBook } from './group-book.ts'
import type { GroupView } from './group-record.ts'
import { LeaseBook } from './lease-book.ts'
import type { Amounts } from './node-ledger.ts'
import { NodeLife } from './node-life.ts'
import { actorViews, pendingTexts, taskReason } from './pending-report.ts'
import { restoreParts } from './restore.ts'
import { Scheduler } from './scheduler.ts'
import type { Waiting } from './shape.ts'
import type { Place, Slot } from './slot.ts'
import { type ClusterSnapshot, takeSnapshot } from './snapshot.ts'
import { firstWorkerOf } from './term.ts'
import { type NodeView, WorkerPool, type WorkerSummary } from './worker-pool.ts'

const idleMs = 10_000

/**
 * All decisions of the coordinator: who runs where, who is alive, who is refused. Pure and deterministic: events in,
 * commands out, no clock, no chance, no platform. The shell carries the commands out and reports what happened.
 */
export class ClusterState {
  readonly #pool = new WorkerPool(({ id, node }) => this.#emit({ type: 'startWorker', workerId: id, nodeId: node.id }))
  readonly #scheduler = new Scheduler({
    slotsFor: (shape) => this.#nodes.slotsFor(shape),
    start: (waiting, slot, allocation) => this.#start(waiting, slot, allocation),
  })
  readonly #resumes = new Set<Slot>()
  readonly #life: ActorLife
  readonly #admission: Admission
  readonly #leases: LeaseBook
  readonly #groups: GroupBook
  readonly #nodes: NodeLife
  #commands: ClusterCommand[] = []
  #nowMs = 0

  /** Which coordinator this is, counted from 1: each one that takes over is of a higher term. */
  readonly term: number

  constructor(term = 1) {
    this.term = term
    const state = this
    const books: Books = {
      pool: this.#pool,
      scheduler: this.#scheduler,
      resumes: this.#resumes,
      term,
      get nowMs() {
        return state.#nowMs
      },
      emit: (command) => this.#emit(command),
      giveBack: (slot, allocation) => this.#giveBack(slot, allocation),
    }
    this.#leases = new LeaseBook(books)
    this.#groups = new GroupBook(books)
    this.#life = new ActorLife(books, {
      enqueue: (actor) => this.#admission.enqueue(actor),
      refusalOf: (spec) => this.refusalOf(spec.request, spec.placementCpu),
      stopWorker: (workerId, isGraceful) => this.#stopWorker(workerId, isGraceful),
      ended: (actorId) => this.#ownerEnded(actorId),
    })
    this.#admission = new Admission(books, {
      leases: this.#leases,
      groups: this.#groups,
      workerOf: (actorId) => this.#life.directory.get(actorId)?.workerId,
      bury: (actor, death) => this.#life.bury(actor, death),
    })
    this.#nodes = new NodeLife(books, this.#groups, {
      firstJoined: () => this.#admission.refuseHopeless(() => true),
      workerExited: (workerId, exit) => this.#workerExited(workerId, exit),
      realmEnded: (realm) => this.#realmEnded(realm),
    })
  }

  /** What a life of a node says that is over changes nothing, but whom it gave handles to has them. */
  handle(event: ClusterEvent, origin?: Origin): ClusterCommand[] {
    this.#commands = []
    const isOver = origin !== undefined && this.#pool.node(origin.nodeId)?.epoch !== origin.epoch
    if (isOver && event.type !== 'handlesGranted') return this.#commands
    this.#apply(event)
    this.#schedule()
    return this.#commands
  }

  #apply(event: ClusterEvent): void {
    switch (event.type) {
      case 'nodeJoined':
        return this.#nodes.join(event)
      case 'nodeLost':
        return this.#nodes.lost(event.nodeId, event.epoch)
      case 'nodeGpusChanged':
        return this.#nodes.gpusChanged(event)
      case 'nodeReported':
        return this.#nodes.reported(event)
      case 'actorRequested':
        return this.#life.request(event.spec, event.isReady)
      case 'actorDependenciesReady':
        return this.#withActor(event.actorId, (actor) => this.#life.dependenciesReady(actor))
      case 'actorStarted':
        return this.#withCurrent(event, (actor) => this.#life.started(actor))
      case 'actorFailed':
      case 'actorEnded':
        return this.#withCurrent(event, (actor) => this.#life.bury(actor, event.death))
      case 'actorKilled':
        return this.#withActor(event.actorId, (actor) => this.#life.kill(actor, event.mayRestart, event.death))
      case 'actorDismissed':
        return this.#withActor(event.actorId, (actor) => this.#life.dismiss(actor, event.death))
      case 'actorDropped':
        return this.#withActor(event.actorId, (actor) => this.#life.dropped(actor, event.incarnation))
      case 'handlesGranted':
        return this.#life.hold(event.actorId, event.realm, event.count)
      case 'handlesReleased':
        return this.#life.hold(event.actorId, event.realm, -event.count)
      case 'holdersKnown':
        return this.#life.collectAll()
      case 'groupRequested':
        return this.#groups.request(event.spec)
      case 'groupRemoved':
        return this.#removeGroup(event.groupId)
      case 'leaseRequested':
        return this.#admission.requestLease(event)
      case 'leaseReturned':
        return this.#leases.giveBack(event.leaseId)
      case 'leaseRevoked':
        return this.#stopWorker(this.#leases.get(event.leaseId)?.workerId, false)
      case 'leaseBlocked':
        return this.#leases.block(event.leaseId)
      case 'leaseUnblocked':
        return this.#leases.unblock(event.leaseId)
      case 'workerReady':
        return this.#workerReady(event.workerId)
      case 'workerExited':
        return this.#workerExited(event.workerId, event.exit)
      case 'actorRefused':
        return this.#withCurrent(event, (actor) => this.#actorRefused(actor))
      case 'workerRefused':
        return this.#workerRefused(event.workerId)
      case 'timePassed':
        return this.#timePassed(event.nowMs, event.mayEndIdle === true)
      case 'ownerEnded':
        return this.#ownerEnded(event.owner)
    }
  }

  /** All that it knows, as data that can be cloned. */
  snapshot(): ClusterSnapshot {
    return takeSnapshot(this.#parts, { term: this.term, nowMs: this.#nowMs, mayCollect: this.#life.mayCollect })
  }

  /** A coordinator that goes on where another one was, in the same term or a later one. */
  static restore(snapshot: ClusterSnapshot, term: number): ClusterState {
    if (term < snapshot.term) throw new RangeError(`bug: term ${term} cannot go on from term ${snapshot.term}`)
    const state = new ClusterState(term)
    state.#nowMs = snapshot.nowMs
    state.#life.mayCollect = snapshot.mayCollect
    restoreParts(state.#parts, snapshot, firstWorkerOf(term))
    return state
  }

  // ---- questions

  actor(actorId: ActorId): ActorView | undefined {
    return this.#life.directory.get(actorId)?.view()
  }

  actorSpec(actorId: ActorId): ActorSpec | undefined {
    return this.#life.directory.get(actorId)?.spec
  }

  actors(): ActorView[] {
    return actorViews(this.#parts)
  }

  taskReason(request: ResourceRequest): string {
    return taskReason(this.#parts, request)
  }

  workers(): WorkerSummary[] {
    return this.#pool.summaries()
  }

  nodes(): NodeView[] {
    return this.#pool.nodeSummaries()
  }

  group(groupId: string): GroupView | undefined {
    return this.#groups.get(groupId)?.view()
  }

  groups(): GroupView[] {
    return this.#groups.views()
  }

  findName(namespace: string, name: string): ActorId | undefined {
    return this.#life.directory.find(namespace, name)
  }

  total(): Amounts {
    return sumAmounts([...this.#pool.nodes].map(({ slot }) => slot.ledger.total()))
  }

  available(): Amounts {
    return sumAmounts([...this.#pool.nodes].map(({ slot }) => slot.ledger.available()))
  }

  /** Where an actor or a lease is placed, and what it has there. */
  placeOf(id: ActorId): Place | undefined {
    const { slot, allocation, shape } = this.#life.directory.get(id) ?? this.#leases.get(id) ?? {}
    return slot === undefined || allocation === undefined ? undefined : { slot, allocation, shape: shape! }
  }

  /** What waits for resources, without placement groups. */
  waiting(): readonly Waiting[] {
    return this.#scheduler.line()
  }

  /** Why no node could ever give this; undefined when one could, and before the first node has joined. */
  refusalOf(request: ResourceRequest, placementCpu = 0): Refusal | undefined {
    return this.#admission.refusalOf(request, placementCpu)
  }

  /** Why the nodes there are could never hold a placement group. */
  groupRefusalOf(spec: GroupSpec): Refusal | undefined {
    return this.#groups.refusalOf(spec)
  }

  /** Requests that wait for resources, placement groups included. */
  get hasSurplusWorkers(): boolean {
    return this.#pool.hasSurplus
  }

  get waitingCount(): number {
    return this.#scheduler.waitingCount + this.#groups.pending.length
  }

  /** Throws when what is known cannot be true. */
  checkInvariants(): void {
    checkClusterInvariants(this.#parts)
  }

  get #parts(): ClusterParts {
    return {
      actors: this.#life.directory,
      leases: this.#leases,
      groups: this.#groups,
      pool: this.#pool,
      scheduler: this.#scheduler,
    }
  }

  #start(waiting: Waiting, slot: Slot, allocation: Allocation): void {
    if (waiting.type === 'actor') this.#life.place(waiting.actor, slot, allocation)
    else this.#leases.place(waiting, slot, allocation)
  }

  // Nothing is placed there until its books are known again.
  #actorRefused(actor: ActorRecord): void {
    const worker = this.#pool.get(actor.workerId)
    if (worker === undefined || actor.state === 'ALIVE') return
    worker.node.isPaused = true
    this.#life.takeOff(actor)
  }

  // A worker is never tried again: what is said of it twice cannot be taken for news of the next that it was given.
  #workerRefused(workerId: WorkerId): void {
    const worker = this.#pool.get(workerId)
    if (worker === undefined) return
    worker.node.isPaused = true
    const lease = this.#leases.takeOff(worker)
    const actors = [...worker.actors].map((actorId) => this.#life.directory.get(actorId)!)
    for (const actor of actors) this.#life.takeOff(actor)
    this.#pool.remove(worker, false)
    this.#realmEnded(workerId)
    if (lease === undefined || this.#leases.get(lease.leaseId) !== lease) return
    // Its shape may have been forgotten while it ran.
    lease.shape = this.#scheduler.shapeOf(lease.shape.request)
    this.#scheduler.add(lease)
  }

  // ---- placement groups

  #removeGroup(groupId: string): void {
    const group = this.#groups.get(groupId)
    if (group === undefined || group.isOver) return
    this.#groups.remove(group)
    const message = `its placement group ${groupId} was removed`
    for (const actor of [...this.#life.directory.all]) {
      const isInside = actor.spec.request.bundle?.groupId === groupId
      if (isInside) this.#life.kill(actor, false, { reason: 'PLACEMENT_GROUP_REMOVED', message })
    }
    for (const lease of [...this.#leases.all]) {
      if (lease.slot?.bundle?.groupId !== groupId) continue
      lease.ending = { reason: `was ended: ${message}`, isGroupRemoved: true }
      this.#stopWorker(lease.workerId, false)
    }
    this.#admission.refuseHopeless((shape) => shape.request.bundle?.groupId === groupId)
  }

  #workerReady(workerId: WorkerId): void {
    const worker = this.#pool.get(workerId)
    if (worker?.state !== 'starting') return
    worker.state = 'ready'
    for (const actorId of worker.actors) this.#life.createOn(this.#life.directory.get(actorId)!, worker)
    this.#leases.grantOn(worker)
  }

  #workerExited(workerId: WorkerId, exit: WorkerExit): void {
    const worker = this.#pool.get(workerId)
    if (worker === undefined) return
    this.#pool.remove(worker, exit.failedToStart === true)
    this.#leases.workerExited(worker, exit)
    for (const actorId of worker.actors) this.#life.lostWorker(this.#life.directory.get(actorId)!, worker, exit)
    this.#realmEnded(workerId)
  }

  // Its tasks may still run on the workers it was lent: they end with it.
  #realmEnded(realm: RealmId): void {
    for (const workerId of this.#leases.takeFrom(realm)) this.#stopWorker(workerId, false)
    this.#ownerEnded(realm)
  }

  #ownerEnded(owner: RealmId | ActorId): void {
    this.#life.ownerEnded(owner)
    for (const { spec } of this.#groups.madeBy(owner)) this.#removeGroup(spec.groupId)
  }

  #stopWorker(workerId: WorkerId | undefined, isGraceful: boolean): void {
    const worker = this.#pool.get(workerId)
    if (worker === undefined || !this.#pool.retire(worker)) return
    this.#emit({ type: 'stopWorker', workerId: worker.id, isGraceful })
  }

  #timePassed(nowMs: number, mayEndIdle: boolean): void {
    this.#nowMs = nowMs
    this.#admission.timePassed(nowMs)
    if (mayEndIdle) for (const { id } of [...this.#pool.unneeded(nowMs - idleMs)]) this.#stopWorker(id, true)
    for (const text of pendingTexts(this.#parts, nowMs)) this.#emit({ type: 'reportPending', text })
  }

  #schedule(): void {
    if (this.#resumes.size > 0) {
      for (const slot of this.#resumes) this.#leases.resume(slot)
      this.#resumes.clear()
    }
    this.#scheduler.dispatch()
    this.#pool.refill()
  }

  #giveBack(slot: Slot, allocation: Allocation): void {
    slot.ledger.release(allocation)
    if (slot.bundle !== undefined) this.#groups.freed(slot)
    if (slot.resuming.size > 0) this.#resumes.add(slot)
    this.#scheduler.freed(slot)
  }

  #emit(command: ClusterCommand): void {
    // Most events have one command or none.
    if (this.#commands.length === 0) this.#commands = [command]
    else this.#commands.push(command)
  }

  #withActor(actorId: ActorId, act: (actor: ActorRecord) => void): void {
    const actor = this.#life.directory.get(actorId)
    if (actor !== undefined) act(actor)
  }

  #withCurrent(event: { actorId: ActorId; incarnation: number }, act: (actor: ActorRecord) => void): void {
    this.#withActor(event.actorId, (actor) => {
      if (actor.incarnation === event.incarnation && actor.state !== 'DEAD') act(actor)
    })
  }
}

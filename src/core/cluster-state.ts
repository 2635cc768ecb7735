import type { ActorId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { ActorSpec, Allocation, ResourceRequest } from '../protocol/specs.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import { ActorDirectory } from './actor-directory.ts'
import { ActorRecord, workerDeath } from './actor-record.ts'
import type { ActorView, ClusterCommand, ClusterEvent, Death, Refusal } from './cluster-events.ts'
import { checkClusterInvariants } from './cluster-invariants.ts'
import { placementRequest, refusalOf, sumAmounts } from './feasibility.ts'
import { LeaseBook } from './lease-book.ts'
import { type Amounts, describeRequest } from './node-ledger.ts'
import { RequestQueue } from './request-queue.ts'
import { type NodeRecord, WorkerPool, type WorkerRecord, type WorkerSummary } from './worker-pool.ts'

interface ActorRequest {
  readonly type: 'actor'
  readonly key: string
  readonly request: ResourceRequest
  readonly actor: ActorRecord
}
interface LeaseRequest {
  readonly type: 'lease'
  readonly key: string
  readonly request: ResourceRequest
  readonly leaseId: string
  readonly realm: RealmId
  readonly waitForResources: boolean
}
type EventOf<T extends ClusterEvent['type']> = Extract<ClusterEvent, { readonly type: T }>

/**
 * All decisions of the coordinator: who runs where, who is alive, who is refused. Pure and deterministic: events in,
 * commands out, no clock, no chance, no platform. The shell carries the commands out and reports what happened.
 */
export class ClusterState {
  readonly #actors = new ActorDirectory()
  readonly #pool = new WorkerPool(({ id, node }) => this.#emit({ type: 'startWorker', workerId: id, nodeId: node.id }))
  readonly #leases = new LeaseBook(this.#pool, (command) => this.#emit(command))
  readonly #queue = new RequestQueue<ActorRequest | LeaseRequest>()
  #commands: ClusterCommand[] = []

  handle(event: ClusterEvent): ClusterCommand[] {
    this.#commands = []
    this.#apply(event)
    this.#schedule()
    return this.#commands
  }

  #apply(event: ClusterEvent): void {
    switch (event.type) {
      case 'nodeJoined':
        return this.#joinNode(event)
      case 'actorRequested':
        return this.#requestActor(event.spec, event.isReady)
      case 'actorDependenciesReady':
        return this.#withActor(event.actorId, (actor) => this.#dependenciesReady(actor))
      case 'actorStarted':
        return this.#withCurrent(event, (actor) => this.#started(actor))
      case 'actorFailed':
      case 'actorEnded':
        return this.#withCurrent(event, (actor) => this.#bury(actor, event.death))
      case 'actorKilled':
        return this.#withActor(event.actorId, (actor) => this.#kill(actor, event.mayRestart, event.death))
      case 'actorDismissed':
        return this.#withActor(event.actorId, (actor) => this.#dismiss(actor, event.death))
      case 'handlesGranted':
        return this.#hold(event.actorId, event.realm, event.count)
      case 'handlesReleased':
        return this.#hold(event.actorId, event.realm, -event.count)
      case 'leaseRequested':
        return this.#requestLease(event)
      case 'leaseReturned':
        if (!this.#queue.remove(`lease ${event.leaseId}`)) this.#leases.giveBack(event.leaseId)
        return
      case 'leaseRevoked':
        return this.#stopWorker(this.#leases.workerOf(event.leaseId))
      case 'leaseBlocked':
        return this.#leases.block(event.leaseId)
      case 'leaseUnblocked':
        return this.#leases.unblock(event.leaseId)
      case 'workerReady':
        return this.#workerReady(event.workerId)
      case 'workerExited':
        return this.#workerExited(event.workerId, event.exit)
      case 'ownerEnded':
        return this.#ownerEnded(event.owner)
    }
  }

  // ---- questions

  actor(actorId: ActorId): ActorView | undefined {
    return this.#actors.get(actorId)?.view()
  }

  actorSpec(actorId: ActorId): ActorSpec | undefined {
    return this.#actors.get(actorId)?.spec
  }

  actors(): ActorView[] {
    return [...this.#actors.all].map((actor) => actor.view())
  }

  workers(): WorkerSummary[] {
    return this.#pool.summaries()
  }

  findName(namespace: string, name: string): ActorId | undefined {
    return this.#actors.find(namespace, name)
  }

  total(): Amounts {
    return sumAmounts([...this.#pool.nodes].map((node) => node.ledger.total()))
  }

  available(): Amounts {
    return sumAmounts([...this.#pool.nodes].map((node) => node.ledger.available()))
  }

  /** Why no node could ever give this; undefined when one could, and before the first node has joined. */
  refusalOf(request: ResourceRequest): Refusal | undefined {
    return this.#pool.hasNodes ? refusalOf(request, this.#pool.nodes) : undefined
  }

  /** Requests that wait for resources. */
  get waitingCount(): number {
    return this.#queue.size
  }

  /** Throws when what is known cannot be true. */
  checkInvariants(): void {
    checkClusterInvariants(this.#actors, this.#pool)
  }

  // ---- the life of an actor

  #requestActor(spec: ActorSpec, isReady: boolean): void {
    const actor = new ActorRecord(spec, isReady)
    this.#actors.add(actor)
    // The request was under way when its worker died.
    if (this.#pool.hasEnded(spec.holder))
      return this.#bury(actor, { reason: 'OWNER_DIED', message: `its owner (${spec.holder}) has ended` })
    if (this.#refused(actor)) return
    this.#actors.nameIt(actor)
    if (isReady) this.#enqueue(actor)
    this.#collect(actor)
  }

  // Before the first node has joined nobody knows what there is: requests wait, and are looked at then.
  #joinNode({ nodeId, resources, spareWorkers }: EventOf<'nodeJoined'>): void {
    this.#pool.join(nodeId, resources, spareWorkers)
    for (const waiting of [...this.#queue.values()]) {
      if (waiting.type === 'actor') this.#refused(waiting.actor)
      else if (waiting.type === 'lease' && this.#refusedLease(waiting)) this.#queue.remove(waiting.key)
    }
  }

  #refused(actor: ActorRecord): boolean {
    const { spec } = actor
    const refusal = spec.waitForResources ? undefined : this.refusalOf(placementRequest(spec))
    if (refusal !== undefined) this.#bury(actor, { reason: 'UNSCHEDULABLE', message: refusal.message, refusal })
    return refusal !== undefined
  }

  #refusedLease({ leaseId, realm, request, waitForResources }: Omit<LeaseRequest, 'type' | 'key'>): boolean {
    const refusal = waitForResources ? undefined : this.refusalOf(request)
    if (refusal !== undefined) this.#emit({ type: 'refuseLease', leaseId, realm, refusal })
    return refusal !== undefined
  }

  #dependenciesReady(actor: ActorRecord): void {
    if (actor.state !== 'DEPENDENCIES_UNREADY' || this.#refused(actor)) return
    actor.state = 'PENDING_CREATION'
    this.#enqueue(actor)
  }

  #enqueue(actor: ActorRecord): void {
    this.#queue.add({ type: 'actor', key: `actor ${actor.id}`, request: actor.request, actor })
  }

  #started(actor: ActorRecord): void {
    // Its worker is being ended: this life is over before it was heard of.
    if (this.#pool.get(actor.workerId)?.state === 'stopping') return
    actor.state = 'ALIVE'
    this.#emit({ type: 'publishActor', actorId: actor.id })
    if (actor.ending !== undefined) this.#dismissOnWorker(actor, actor.ending)
  }

  #kill(actor: ActorRecord, wantsRestart: boolean, death: Death): void {
    if (actor.state === 'DEAD') return
    const { workerId } = actor
    const mayRestart = wantsRestart && actor.mayRestart && actor.ending === undefined
    // Nothing of it runs: there is nothing to restart.
    if (mayRestart && workerId === undefined) return
    if (workerId === undefined || actor.isDedicated) {
      if (!mayRestart) return this.#bury(actor, death)
      // Calls made from now on wait for the next life.
      if (actor.state === 'ALIVE') actor.state = 'RESTARTING'
      this.#emit({ type: 'publishActor', actorId: actor.id })
      this.#stopWorker(workerId)
      return
    }
    this.#emit({ type: 'dropActor', actorId: actor.id, incarnation: actor.incarnation, workerId })
    if (!mayRestart) return this.#bury(actor, death)
    this.#leaveWorker(actor)
    this.#restart(actor)
  }

  #dismiss(actor: ActorRecord, death: Death): void {
    if (actor.state === 'DEAD') return
    const isNews = actor.ending === undefined
    actor.ending ??= death
    if (actor.state === 'ALIVE') {
      if (isNews) this.#dismissOnWorker(actor, death)
      return
    }
    // Calls of other holders may wait for it to be placed: they are answered first.
    if (actor.workerId === undefined && actor.holders.size < 2) this.#bury(actor, actor.ending)
  }

  #dismissOnWorker({ id, incarnation, workerId }: ActorRecord, death: Death): void {
    this.#emit({ type: 'dismissActor', actorId: id, incarnation, workerId: workerId!, death })
  }

  // A new life knows nothing of what the last one made: that ends with it, as it does with any owner.
  #restart(actor: ActorRecord): void {
    this.#ownerEnded(actor.id)
    actor.state = 'RESTARTING'
    actor.incarnation++
    actor.restartCount++
    this.#emit({ type: 'publishActor', actorId: actor.id })
    this.#enqueue(actor)
  }

  #bury(actor: ActorRecord, death: Death): void {
    if (actor.state === 'DEAD') return
    actor.state = 'DEAD'
    actor.death = death
    this.#queue.remove(`actor ${actor.id}`)
    this.#actors.bury(actor)
    this.#emit({ type: 'publishActor', actorId: actor.id })
    // Its resources are free only when its worker is gone: two actors must never be on one GPU.
    if (actor.isDedicated) this.#stopWorker(actor.workerId)
    else this.#leaveWorker(actor)
    if (actor.workerId === undefined) this.#actors.retire(actor)
    this.#ownerEnded(actor.id)
  }

  #hold(actorId: ActorId, realm: RealmId, count: number): void {
    // A realm that has ended holds nothing, whatever was said of it on the way.
    if (this.#pool.hasEnded(realm)) return this.#withActor(actorId, (actor) => this.#collect(actor))
    const actor = this.#actors.hold(actorId, realm, count)
    if (actor !== undefined) this.#collect(actor)
  }

  #collect(actor: ActorRecord): void {
    if (actor.isHeld || actor.spec.isDetached || actor.state === 'DEAD') return
    this.#dismiss(actor, { reason: 'OUT_OF_SCOPE', message: 'its last handle was released' })
  }

  // A realm or an actor is gone: what it held is released, and what it made ends with it unless it is detached.
  #ownerEnded(owner: RealmId | ActorId): void {
    for (const actor of this.#actors.dropHolder(owner)) this.#collect(actor)
    const message = `its owner (${owner}) has ended; create it with lifetime: 'detached' to let it live on`
    for (const actor of this.#actors.madeBy(owner)) {
      if (!actor.spec.isDetached) this.#kill(actor, false, { reason: 'OWNER_DIED', message })
    }
  }

  #leaveWorker(actor: ActorRecord): void {
    const worker = this.#pool.get(actor.workerId)
    actor.workerId = undefined
    if (worker === undefined) return
    worker.actors.delete(actor.id)
    this.#release(actor, worker.node)
  }

  #release(actor: ActorRecord, node: NodeRecord): void {
    if (actor.allocation !== undefined) node.ledger.release(actor.allocation)
    actor.allocation = undefined
  }

  // ---- leases

  #requestLease({ leaseId, realm, request, waitForResources }: EventOf<'leaseRequested'>): void {
    if (this.#refusedLease({ leaseId, realm, request, waitForResources })) return
    this.#queue.add({ type: 'lease', key: `lease ${leaseId}`, request, leaseId, realm, waitForResources })
  }

  // Its tasks may still run on the workers it was lent: they end with it.
  #endLeasesOf(realm: RealmId): void {
    for (const waiting of this.#queue.values()) {
      if (waiting.type === 'lease' && waiting.realm === realm) this.#queue.remove(waiting.key)
    }
    for (const workerId of this.#leases.takeFrom(realm)) this.#stopWorker(workerId)
  }

  // ---- workers

  #workerReady(workerId: WorkerId): void {
    const worker = this.#pool.get(workerId)
    if (worker?.state !== 'starting') return
    worker.state = 'ready'
    for (const actorId of worker.actors) this.#createOn(this.#actors.get(actorId)!, worker)
    this.#leases.grantOn(worker)
  }

  #workerExited(workerId: WorkerId, exit: WorkerExit): void {
    const worker = this.#pool.get(workerId)
    if (worker === undefined) return
    this.#pool.remove(worker, exit.failedToStart === true)
    this.#leases.workerExited(worker, exit)
    for (const actorId of worker.actors) this.#lostWorker(this.#actors.get(actorId)!, worker, exit)
    this.#endLeasesOf(workerId)
    this.#ownerEnded(workerId)
  }

  #lostWorker(actor: ActorRecord, worker: WorkerRecord, exit: WorkerExit): void {
    this.#release(actor, worker.node)
    actor.workerId = undefined
    if (actor.state === 'DEAD') return this.#actors.retire(actor)
    if (actor.ending !== undefined) return this.#bury(actor, actor.ending)
    // What cannot start will not start again either, and its restarts would be spent in no time.
    if (actor.mayRestart && exit.failedToStart !== true) return this.#restart(actor)
    this.#bury(actor, workerDeath(actor, worker.id, exit))
  }

  #stopWorker(workerId: WorkerId | undefined): void {
    const worker = this.#pool.get(workerId)
    if (worker !== undefined && this.#pool.retire(worker)) this.#emit({ type: 'stopWorker', workerId: worker.id })
  }

  // ---- placement

  #schedule(): void {
    const isResuming = this.#leases.resume()
    this.#queue.offer(
      (waiting) => Object.keys(describeRequest(waiting.request)),
      (waiting) => this.#tryStart(waiting),
      isResuming ? ['CPU'] : [],
    )
    this.#pool.refill()
  }

  #tryStart(waiting: ActorRequest | LeaseRequest): readonly string[] | undefined {
    let lacking: readonly string[] = []
    const placement = waiting.type === 'lease' ? waiting.request : placementRequest(waiting.actor.spec)
    for (const node of this.#pool.nodes) {
      if (!node.ledger.canEverFit(placement)) continue
      const allocation = node.ledger.acquire(waiting.request)
      if (allocation === undefined) {
        lacking = node.ledger.lacking(waiting.request)
        continue
      }
      if (waiting.type === 'actor') this.#placeActor(waiting.actor, node, allocation)
      else this.#leases.place(waiting, node, allocation)
      return undefined
    }
    return lacking
  }

  #placeActor(actor: ActorRecord, node: NodeRecord, allocation: Allocation): void {
    const worker = actor.isDedicated ? this.#pool.fresh(node) : this.#pool.forLightActor(node)
    actor.allocation = allocation
    actor.workerId = worker.id
    worker.actors.add(actor.id)
    if (worker.state === 'ready') this.#createOn(actor, worker)
  }

  #createOn({ id, incarnation, allocation }: ActorRecord, worker: WorkerRecord): void {
    const gpuIds = allocation?.gpuIds ?? []
    this.#emit({ type: 'createActor', actorId: id, incarnation, workerId: worker.id, gpuIds })
  }

  // ---- small things

  #emit(command: ClusterCommand): void {
    this.#commands.push(command)
  }

  #withActor(actorId: ActorId, act: (actor: ActorRecord) => void): void {
    const actor = this.#actors.get(actorId)
    if (actor !== undefined) act(actor)
  }

  #withCurrent(event: { actorId: ActorId; incarnation: number }, act: (actor: ActorRecord) => void): void {
    this.#withActor(event.actorId, (actor) => {
      if (actor.incarnation === event.incarnation && actor.state !== 'DEAD') act(actor)
    })
  }
}

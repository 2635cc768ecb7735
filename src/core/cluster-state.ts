import type { ActorId, NodeId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { ActorSpec, Allocation, ResourceRequest } from '../protocol/specs.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import { ActorRecord } from './actor-record.ts'
import type { ActorView, ClusterCommand, ClusterEvent, Death, Refusal } from './cluster-events.ts'
import { type Amounts, describeRequest, NodeLedger } from './node-ledger.ts'
import { RequestQueue } from './request-queue.ts'

interface NodeRecord {
  readonly id: NodeId
  readonly ledger: NodeLedger
  readonly spareWorkers: number
  /** Workers nothing ever ran on: the next actor takes one. */
  readonly spare: Set<WorkerId>
  /** Pool workers without a lease. */
  readonly idle: Set<WorkerId>
  workerCount: number
}
type WorkerState = 'starting' | 'ready' | 'stopping'
interface WorkerRecord {
  readonly id: WorkerId
  readonly node: NodeRecord
  state: WorkerState
  /** Actors wait here until the worker is ready. */
  readonly actors: Set<ActorId>
  lease: LeaseRecord | undefined
}
interface LeaseRecord {
  readonly leaseId: string
  readonly realm: RealmId
  readonly request: ResourceRequest
  readonly allocation: Allocation
  readonly workerId: WorkerId
}
type Request =
  | { readonly key: string; readonly request: ResourceRequest; readonly actor: ActorRecord }
  | {
      readonly key: string
      readonly request: ResourceRequest
      readonly actor: undefined
      readonly leaseId: string
      readonly realm: RealmId
    }

/** Dead actors that are still remembered for late callers and the state API. */
const rememberedDead = 1000

/**
 * All decisions of the coordinator: who runs where, who is alive, who is refused. Pure and deterministic: events in,
 * commands out, no clock, no chance, no platform. The shell carries the commands out and reports what happened.
 */
export class ClusterState {
  readonly #nodes = new Map<NodeId, NodeRecord>()
  readonly #workers = new Map<WorkerId, WorkerRecord>()
  readonly #actors = new Map<ActorId, ActorRecord>()
  readonly #names = new Map<string, ActorId>()
  readonly #leases = new Map<string, LeaseRecord>()
  readonly #queue = new RequestQueue<Request>()
  readonly #dead: ActorId[] = []
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
        return this.#withActor(event.actorId, (actor) => {
          if (actor.state !== 'DEPENDENCIES_UNREADY') return
          actor.state = 'PENDING_CREATION'
          this.#enqueue(actor)
        })
      case 'actorStarted':
        return this.#withCurrent(event, (actor) => {
          actor.state = 'ALIVE'
          this.#emit({ type: 'publishActor', actorId: actor.id })
          if (actor.ending !== undefined) this.#dismissOnWorker(actor, actor.ending)
        })
      case 'actorFailed':
      case 'actorEnded':
        return this.#withCurrent(event, (actor) => this.#bury(actor, event.death))
      case 'actorKilled':
        return this.#withActor(event.actorId, (actor) => this.#kill(actor, event.mayRestart, event.death))
      case 'actorDismissed':
        return this.#withActor(event.actorId, (actor) => this.#dismiss(actor, event.death))
      case 'handlesGranted':
        return this.#withActor(event.actorId, (actor) => actor.hold(event.realm, event.count))
      case 'handlesReleased':
        return this.#withActor(event.actorId, (actor) => {
          actor.hold(event.realm, -event.count)
          this.#collect(actor)
        })
      case 'leaseRequested':
        return this.#requestLease(event)
      case 'leaseReturned':
        return this.#returnLease(event.leaseId)
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
    return [...this.#actors.values()].map((actor) => actor.view())
  }

  workers(): { workerId: WorkerId; nodeId: NodeId; state: WorkerState; actorIds: ActorId[]; isLeased: boolean }[] {
    return [...this.#workers.values()].map((worker) => ({
      workerId: worker.id,
      nodeId: worker.node.id,
      state: worker.state,
      actorIds: [...worker.actors],
      isLeased: worker.lease !== undefined,
    }))
  }

  findName(namespace: string, name: string): ActorId | undefined {
    return this.#names.get(nameKey(namespace, name))
  }

  total(): Amounts {
    return sum([...this.#nodes.values()].map((node) => node.ledger.total()))
  }

  available(): Amounts {
    return sum([...this.#nodes.values()].map((node) => node.ledger.available()))
  }

  /** Why no node could ever give this, or undefined when one could. */
  refusalOf(request: ResourceRequest): Refusal | undefined {
    for (const node of this.#nodes.values()) if (node.ledger.canEverFit(request)) return undefined
    const requested = describeRequest(request)
    const nodes = [...this.#nodes.values()]
    const total = this.total()
    const wanted = Object.entries(requested)
      .map(([name, amount]) => `${amount} ${name} (the cluster has ${total[name] ?? 0})`)
      .join(' and ')
    const where = nodes.map((node) => node.id).join(', ')
    const hint = Object.keys(requested)
      .filter((name) => (total[name] ?? 0) < requested[name]!)
      .map((name) => (name === 'CPU' ? 'numCpus' : name === 'GPU' ? 'numGpus' : `resources.${name}`))
    const message = `No node can ever give ${wanted}; nodes: ${where || 'none'}. Pass ${hint.join(' and ') || 'more resources'} to init, ask for less, or set waitForResources: true to wait for a node that fits.`
    return {
      message,
      requested,
      available: Object.fromEntries(Object.keys(requested).map((name) => [name, total[name] ?? 0])),
    }
  }

  /** Throws when what is known cannot be true. */
  checkInvariants(): void {
    for (const node of this.#nodes.values()) node.ledger.checkInvariants()
    for (const actor of this.#actors.values()) {
      if (actor.state === 'ALIVE' && actor.workerId === undefined) throw new Error(`bug: ${actor.id} is alive nowhere`)
      if (actor.state === 'DEAD' && actor.allocation !== undefined && actor.workerId === undefined)
        throw new Error(`bug: dead ${actor.id} holds resources`)
    }
    for (const [key, actorId] of this.#names) {
      if (this.#actors.get(actorId)?.state === 'DEAD') throw new Error(`bug: the name ${key} belongs to a dead actor`)
    }
  }

  // ---- events

  #joinNode(event: Extract<ClusterEvent, { type: 'nodeJoined' }>): void {
    this.#nodes.set(event.nodeId, {
      id: event.nodeId,
      ledger: new NodeLedger(event.resources),
      spareWorkers: event.spareWorkers,
      spare: new Set(),
      idle: new Set(),
      workerCount: 0,
    })
  }

  #requestActor(spec: ActorSpec, isReady: boolean): void {
    const actor = new ActorRecord(spec, isReady)
    this.#actors.set(actor.id, actor)
    const refusal = spec.waitForResources ? undefined : this.refusalOf(placementRequest(spec))
    if (refusal !== undefined) return this.#bury(actor, { reason: 'UNSCHEDULABLE', message: refusal.message, refusal })
    if (spec.name !== undefined) this.#names.set(nameKey(spec.namespace, spec.name), actor.id)
    if (isReady) this.#enqueue(actor)
  }

  #kill(actor: ActorRecord, mayRestart: boolean, death: Death): void {
    if (actor.state === 'DEAD') return
    const workerId = actor.workerId
    if (mayRestart && actor.mayRestart && workerId !== undefined) {
      if (actor.isDedicated) this.#stopWorker(workerId)
      else {
        this.#emit({ type: 'dropActor', actorId: actor.id, incarnation: actor.incarnation, workerId })
        this.#leaveWorker(actor)
        this.#restart(actor)
      }
      return
    }
    if (workerId !== undefined && !actor.isDedicated) {
      this.#emit({ type: 'dropActor', actorId: actor.id, incarnation: actor.incarnation, workerId })
    }
    this.#bury(actor, death)
  }

  #dismiss(actor: ActorRecord, death: Death): void {
    if (actor.state === 'DEAD' || actor.ending !== undefined) return
    actor.ending = death
    if (actor.state === 'ALIVE') this.#dismissOnWorker(actor, death)
    else if (actor.workerId === undefined) this.#bury(actor, death)
  }

  #dismissOnWorker(actor: ActorRecord, death: Death): void {
    this.#emit({
      type: 'dismissActor',
      actorId: actor.id,
      incarnation: actor.incarnation,
      workerId: actor.workerId!,
      death,
    })
  }

  #requestLease(event: Extract<ClusterEvent, { type: 'leaseRequested' }>): void {
    const refusal = event.waitForResources ? undefined : this.refusalOf(event.request)
    if (refusal !== undefined) {
      return this.#emit({ type: 'refuseLease', leaseId: event.leaseId, realm: event.realm, refusal })
    }
    this.#queue.add({
      key: `lease ${event.leaseId}`,
      request: event.request,
      actor: undefined,
      leaseId: event.leaseId,
      realm: event.realm,
    })
  }

  #returnLease(leaseId: string): void {
    if (this.#queue.remove(`lease ${leaseId}`)) return
    const lease = this.#leases.get(leaseId)
    if (lease === undefined) return
    this.#leases.delete(leaseId)
    const worker = this.#workers.get(lease.workerId)
    if (worker === undefined) return
    worker.node.ledger.release(lease.allocation)
    worker.lease = undefined
    if (worker.state !== 'stopping') worker.node.idle.add(worker.id)
  }

  #workerReady(workerId: WorkerId): void {
    const worker = this.#workers.get(workerId)
    if (worker === undefined || worker.state !== 'starting') return
    worker.state = 'ready'
    for (const actorId of worker.actors) this.#createOn(this.#actors.get(actorId)!, worker)
    if (worker.lease !== undefined) this.#emitGrant(worker.lease)
  }

  #workerExited(workerId: WorkerId, exit: WorkerExit): void {
    const worker = this.#workers.get(workerId)
    if (worker === undefined) return
    this.#workers.delete(workerId)
    worker.node.workerCount--
    worker.node.spare.delete(workerId)
    worker.node.idle.delete(workerId)
    const lease = worker.lease
    if (lease !== undefined) {
      this.#leases.delete(lease.leaseId)
      worker.node.ledger.release(lease.allocation)
      this.#emit({ type: 'endLease', leaseId: lease.leaseId, realm: lease.realm, exit })
    }
    for (const actorId of worker.actors) {
      const actor = this.#actors.get(actorId)
      if (actor === undefined) continue
      this.#release(actor, worker.node)
      actor.workerId = undefined
      if (actor.state === 'DEAD') continue
      if (actor.ending !== undefined) this.#bury(actor, actor.ending)
      else if (actor.mayRestart) this.#restart(actor)
      else this.#bury(actor, workerDeath(actor, workerId, exit))
    }
    this.#ownerEnded(workerId)
  }

  // A realm or an actor is gone: what it held is released, and what it made without `detached` ends with it.
  #ownerEnded(owner: RealmId | ActorId): void {
    for (const actor of [...this.#actors.values()]) {
      const wasHolder = actor.dropHolder(owner)
      if (actor.state === 'DEAD') continue
      if (actor.spec.creator === owner && !actor.spec.isDetached) {
        this.#kill(actor, false, {
          reason: 'OWNER_DIED',
          message: `its owner (${owner}) has ended; create it with lifetime: 'detached' to let it live on`,
        })
      } else if (wasHolder) this.#collect(actor)
    }
  }

  // ---- the life of an actor

  #enqueue(actor: ActorRecord): void {
    this.#queue.add({ key: `actor ${actor.id}`, request: actor.request, actor })
  }

  #restart(actor: ActorRecord): void {
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
    if (actor.spec.name !== undefined) {
      const key = nameKey(actor.spec.namespace, actor.spec.name)
      if (this.#names.get(key) === actor.id) this.#names.delete(key)
    }
    this.#emit({ type: 'publishActor', actorId: actor.id })
    // Its resources are free only when its worker is gone: two actors must never be on one GPU.
    if (actor.workerId !== undefined) {
      if (actor.isDedicated) this.#stopWorker(actor.workerId)
      else this.#leaveWorker(actor)
    }
    this.#dead.push(actor.id)
    if (this.#dead.length > rememberedDead) this.#actors.delete(this.#dead.shift()!)
    this.#ownerEnded(actor.id)
  }

  #collect(actor: ActorRecord): void {
    if (actor.isHeld || actor.spec.isDetached || actor.state === 'DEAD') return
    this.#dismiss(actor, { reason: 'OUT_OF_SCOPE', message: 'its last handle was released' })
  }

  #leaveWorker(actor: ActorRecord): void {
    const worker = this.#workers.get(actor.workerId!)
    actor.workerId = undefined
    if (worker === undefined) return
    worker.actors.delete(actor.id)
    this.#release(actor, worker.node)
  }

  #release(actor: ActorRecord, node: NodeRecord): void {
    if (actor.allocation === undefined) return
    node.ledger.release(actor.allocation)
    actor.allocation = undefined
  }

  // ---- placement

  #schedule(): void {
    this.#queue.offer(
      (waiting) => Object.keys(describeRequest(waiting.request)),
      (waiting) => this.#tryStart(waiting),
    )
    for (const node of this.#nodes.values()) {
      while (node.spare.size < node.spareWorkers) node.spare.add(this.#startWorker(node).id)
    }
  }

  #tryStart(waiting: Request): readonly string[] | undefined {
    let lacking: readonly string[] = []
    const placement = waiting.actor === undefined ? waiting.request : placementRequest(waiting.actor.spec)
    for (const node of this.#nodes.values()) {
      if (!node.ledger.canEverFit(placement)) continue
      const allocation = node.ledger.acquire(waiting.request)
      if (allocation === undefined) {
        lacking = node.ledger.lacking(waiting.request)
        continue
      }
      if (waiting.actor !== undefined) this.#placeActor(waiting.actor, node, allocation)
      else this.#placeLease(waiting.leaseId, waiting.realm, waiting.request, node, allocation)
      return undefined
    }
    return lacking
  }

  #placeActor(actor: ActorRecord, node: NodeRecord, allocation: Allocation): void {
    const worker = actor.isDedicated ? this.#freshWorker(node) : this.#sharedWorker(node)
    actor.allocation = allocation
    actor.workerId = worker.id
    worker.actors.add(actor.id)
    if (worker.state === 'ready') this.#createOn(actor, worker)
  }

  #createOn(actor: ActorRecord, worker: WorkerRecord): void {
    this.#emit({
      type: 'createActor',
      actorId: actor.id,
      incarnation: actor.incarnation,
      workerId: worker.id,
      gpuIds: actor.allocation?.gpuIds ?? [],
    })
  }

  #placeLease(
    leaseId: string,
    realm: RealmId,
    request: ResourceRequest,
    node: NodeRecord,
    allocation: Allocation,
  ): void {
    const idle = node.idle.values().next().value
    const worker = idle === undefined ? this.#freshWorker(node) : this.#workers.get(idle)!
    node.idle.delete(worker.id)
    const lease: LeaseRecord = { leaseId, realm, request, allocation, workerId: worker.id }
    worker.lease = lease
    this.#leases.set(leaseId, lease)
    if (worker.state === 'ready') this.#emitGrant(lease)
  }

  #emitGrant(lease: LeaseRecord): void {
    const { leaseId, realm, workerId, allocation } = lease
    this.#emit({ type: 'grantLease', leaseId, realm, workerId, gpuIds: allocation.gpuIds })
  }

  // ---- workers

  #freshWorker(node: NodeRecord): WorkerRecord {
    const spare = node.spare.values().next().value
    if (spare === undefined) return this.#startWorker(node)
    node.spare.delete(spare)
    return this.#workers.get(spare)!
  }

  // Light actors live together: on as many workers as the node has CPUs, the least filled first.
  #sharedWorker(node: NodeRecord): WorkerRecord {
    const shared = [...this.#workers.values()].filter(
      (worker) => worker.node === node && this.#hostsLightActors(worker),
    )
    const limit = Math.max(1, Math.min(8, Math.floor(node.ledger.total()['CPU'] ?? 1)))
    if (shared.length < limit) return this.#freshWorker(node)
    return shared.reduce((least, worker) => (worker.actors.size < least.actors.size ? worker : least))
  }

  #hostsLightActors(worker: WorkerRecord): boolean {
    if (worker.state === 'stopping') return false
    for (const actorId of worker.actors) return this.#actors.get(actorId)?.isDedicated === false
    return false
  }

  #startWorker(node: NodeRecord): WorkerRecord {
    const worker: WorkerRecord = {
      id: `${node.id}.w${this.#nextWorker++}`,
      node,
      state: 'starting',
      actors: new Set(),
      lease: undefined,
    }
    node.workerCount++
    this.#workers.set(worker.id, worker)
    this.#emit({ type: 'startWorker', workerId: worker.id, nodeId: node.id })
    return worker
  }
  #nextWorker = 1

  #stopWorker(workerId: WorkerId): void {
    const worker = this.#workers.get(workerId)
    if (worker === undefined || worker.state === 'stopping') return
    worker.state = 'stopping'
    this.#emit({ type: 'stopWorker', workerId })
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

function nameKey(namespace: string, name: string): string {
  return JSON.stringify([namespace, name])
}

/** A default actor needs a node that has a CPU, though it takes none while it lives. */
export function placementRequest(spec: ActorSpec): ResourceRequest {
  return { ...spec.request, cpu: Math.max(spec.request.cpu, spec.placementCpu) }
}

function workerDeath(actor: ActorRecord, workerId: WorkerId, exit: WorkerExit): Death {
  const restarts = actor.spec.maxRestarts === 0 ? '' : `; all ${actor.spec.maxRestarts} restarts are used up`
  return {
    reason: 'WORKER_DIED',
    message: `its worker ${workerId} ${exit.reason}${restarts}`,
    ...(exit.exitCode === undefined ? {} : { exitCode: exit.exitCode }),
  }
}

function sum(all: readonly Amounts[]): Amounts {
  const result: Record<string, number> = {}
  for (const one of all) for (const [name, amount] of Object.entries(one)) result[name] = (result[name] ?? 0) + amount
  return result
}

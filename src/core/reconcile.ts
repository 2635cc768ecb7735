import type { ActorId, NodeId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import type { ClusterCommand, ClusterEvent, Death } from './cluster-events.ts'
import { idOf, Kept } from './kept.ts'
import { NodeLedger } from './node-ledger.ts'
import type { EndedLife, Endings, NodeReport, RealmReport } from './node-report.ts'
import type {
  ActorSnapshot,
  ClusterSnapshot,
  DirectorySnapshot,
  LeaseSnapshot,
  NodeSnapshot,
  WorkerSnapshot,
} from './snapshot.ts'
import { livesBetween } from './term.ts'

/** What came of a snapshot and the reports. */
export interface Reconciled {
  /** What nodes must end first; the rest counts only when this is empty. */
  readonly endings: ReadonlyMap<NodeId, Endings>
  /** What is true now: nothing of what has vanished has a place in it. */
  readonly snapshot: ClusterSnapshot
  /** What happened meanwhile, to be told to a state that was restored from that snapshot. */
  readonly events: readonly ClusterEvent[]
  /** What was commanded and perhaps not heard. */
  readonly commands: readonly ClusterCommand[]
}

const lostLease: WorkerExit = { reason: 'was lost when another coordinator took over' }
const ordered: Death = { reason: 'KILLED', message: 'it was ended by a coordinator that was replaced' }
const outnamed: Death = { reason: 'KILLED', message: 'its name belongs to another actor' }

/**
 * Brings a snapshot, which may be old, up to what the nodes have reported. What they report is true; where they say
 * nothing of what the snapshot has, it has ended when they say so, and else it never began. Nodes without a report are
 * lost.
 */
export function reconcile(
  snapshot: ClusterSnapshot,
  reports: ReadonlyMap<NodeId, NodeReport>,
  realms: readonly RealmReport[],
): Reconciled {
  return new Reconciliation(snapshot, reports, realms).result()
}

class Reconciliation {
  readonly #old: ClusterSnapshot
  readonly #reports: ReadonlyMap<NodeId, NodeReport>
  readonly #realms: ReadonlyMap<RealmId, RealmReport>
  readonly #kept: Kept
  readonly #ended = new Map<ActorId, EndedLife>()
  readonly #phantoms: WorkerSnapshot[] = []
  readonly #first: ClusterEvent[] = []
  readonly #then: ClusterEvent[] = []
  readonly #commands: ClusterCommand[] = []
  readonly #retired: ActorId[] = []

  constructor(snapshot: ClusterSnapshot, reports: ReadonlyMap<NodeId, NodeReport>, realms: readonly RealmReport[]) {
    this.#old = snapshot
    this.#reports = reports
    this.#realms = new Map(realms.map((report) => [report.realm, report]))
    this.#kept = new Kept(snapshot, reports, realms)
    for (const { ended } of reports.values()) {
      for (const one of ended) {
        const other = this.#ended.get(idOf(one.spec))
        if (other === undefined || other.incarnation < one.incarnation) this.#ended.set(idOf(one.spec), one)
      }
    }
  }

  result(): Reconciled {
    const endings = this.#kept.endings()
    if (endings.size > 0) return { endings, snapshot: this.#old, events: [], commands: [] }
    const leases = this.#old.leases.flatMap((lease) => this.#lease(lease))
    const actors = [...this.#old.actors.map((actor) => this.#actor(actor)), ...this.#newActors()]
    const workers = [...this.#workers(actors), ...this.#phantoms]
    this.#endLostLeases(leases)
    const waiting = new Set([...actors.map((one) => one.waiting?.shape), ...leases.map((one) => one.shape)])
    const snapshot: ClusterSnapshot = {
      ...this.#old,
      nodes: this.#old.nodes.map((node) => this.#node(node)),
      workers,
      leases,
      ...this.#holds(actors),
      mayCollect: false,
      resuming: this.#old.resuming.filter(([slot]) => !this.#reports.has(this.#nodeOfSlot(slot))),
      // Any of them may have room by now.
      shapes: this.#old.shapes.map((shape) => ({ ...shape, open: shape.slots })),
      waitingShapes: this.#old.waitingShapes.filter((shape) => waiting.has(shape)),
    }
    const events = [...this.#lostNodes(), ...this.#first, ...this.#then, ...this.#afterwards(snapshot)]
    return { endings, snapshot, events, commands: this.#commands }
  }

  #nodeOfSlot(slot: number): NodeId {
    const { nodes, bundles, formerBundles } = this.#old
    return [...nodes, ...bundles, ...formerBundles][slot]!.nodeId
  }

  /** Of a node that has reported: what it says of its workers is all there is. */
  #isReported(workerId: WorkerId | undefined): boolean {
    const worker = workerId === undefined ? undefined : this.#kept.workerOf.get(workerId)
    return worker !== undefined && this.#reports.has(worker.nodeId)
  }

  // ---- actors

  #actor(actor: ActorSnapshot): ActorSnapshot {
    const actorId = idOf(actor.spec)
    const latest = this.#kept.latest.get(actorId)!
    const kept = this.#kept.lives.get(actorId)
    if (actor.state === 'DEAD') return this.#dead(actor)
    if (kept !== undefined) return this.#goesOn(actor, kept)
    if (this.#kept.isOver(actorId))
      this.#first.push(killed(actorId, this.#kept.outnamed.has(actorId) ? outnamed : ordered))
    if (this.#kept.pending.has(actor)) return actor
    const ended = this.#ended.get(actorId)
    const now = { ...actor, incarnation: latest, restartCount: restarts(actor, latest) }
    if (ended?.incarnation === latest) return this.#ends(now, ended)
    const isOld = actor.incarnation < latest
    // Its node is silent.
    if (!isOld && actor.workerId !== undefined && !this.#isReported(actor.workerId)) return actor
    // It was on a node that is lost.
    if (this.#kept.wasAlive(actorId, latest)) return this.#ends(now, undefined)
    if (!isOld && actor.workerId === undefined) return actor
    return this.#onPhantom({ ...now, waiting: undefined }, (workerId) => ({ type: 'workerRefused', workerId }))
  }

  #dead(actor: ActorSnapshot): ActorSnapshot {
    if (!this.#isReported(actor.workerId) || this.#kept.pending.has(actor)) return actor
    this.#retired.push(idOf(actor.spec))
    return { ...actor, workerId: undefined, place: undefined, isLeaving: false }
  }

  #goesOn(
    actor: ActorSnapshot,
    { workerId, life, place }: NonNullable<ReturnType<Kept['lives']['get']>>,
  ): ActorSnapshot {
    const { incarnation, isMade } = life
    const isSame = actor.incarnation === incarnation && actor.workerId === workerId
    const actorId = idOf(actor.spec)
    if (isSame) {
      if (actor.isLeaving) this.#commands.push({ type: 'dropActor', actorId, incarnation, workerId })
      else if (actor.state === 'ALIVE' && actor.ending !== undefined)
        this.#commands.push({ type: 'dismissActor', actorId, incarnation, workerId, death: actor.ending })
    }
    if (isMade) this.#then.push({ type: 'actorStarted', actorId, incarnation })
    if (isSame) return { ...actor, place }
    const state = actor.restartCount > 0 || incarnation > actor.incarnation ? 'RESTARTING' : 'PENDING_CREATION'
    const restartCount = restarts(actor, incarnation)
    return { ...actor, state, incarnation, restartCount, workerId, place, waiting: undefined, isLeaving: false }
  }

  // The snapshot, or nobody, has heard of its last life; the node says that it is over.
  #ends(actor: ActorSnapshot, ended: EndedLife | undefined): ActorSnapshot {
    const { incarnation, spec } = actor
    const isToRestart = this.#wasToRestart(idOf(spec), incarnation)
    const death = ended?.death ?? (ended?.wasOrdered && !isToRestart ? (actor.ending ?? ordered) : undefined)
    if (death !== undefined) this.#first.push({ type: 'actorEnded', actorId: idOf(spec), incarnation, death })
    return this.#onPhantom({ ...actor, waiting: undefined }, (workerId) => {
      return { type: 'workerExited', workerId, exit: { reason: 'ended while another coordinator took over' } }
    })
  }

  // It was being ended so that its next life can begin.
  #wasToRestart(actorId: ActorId, incarnation: number): boolean {
    const old = this.#kept.actorOf.get(actorId)
    if (old?.incarnation !== incarnation || old.ending !== undefined) return false
    return old.isLeaving || this.#kept.workerOf.get(old.workerId ?? '')?.state === 'stopping'
  }

  // On a worker that is not there, and of which its end is told.
  #onPhantom(actor: ActorSnapshot, event: (workerId: WorkerId) => ClusterEvent): ActorSnapshot {
    const workerId = this.#phantom([idOf(actor.spec)])
    this.#then.push(event(workerId))
    return { ...actor, workerId, place: undefined, isLeaving: false }
  }

  #phantom(actorIds: readonly ActorId[]): WorkerId {
    const [nodeId] = [...this.#reports.keys()] as [NodeId]
    const workerId = `${nodeId}.lost${this.#phantoms.length}`
    this.#phantoms.push({ workerId, nodeId, state: 'stopping', actorIds, idleSinceMs: undefined })
    return workerId
  }

  /** The actors that the snapshot does not know. */
  #newActors(): ActorSnapshot[] {
    const actors: ActorSnapshot[] = []
    for (const kept of this.#kept.lives.values()) {
      if (!this.#kept.actorOf.has(idOf(kept.life.spec))) actors.push(this.#goesOn(blank(kept.life.spec), kept))
    }
    for (const [actorId, ended] of this.#ended) {
      if (this.#kept.actorOf.has(actorId) || this.#kept.lives.has(actorId)) continue
      const { spec, incarnation } = ended
      const unknown = blank(spec)
      if (incarnation === this.#kept.latest.get(actorId))
        actors.push(this.#ends({ ...unknown, incarnation, restartCount: restarts(unknown, incarnation) }, ended))
    }
    return actors
  }

  // ---- leases

  #lease(lease: LeaseSnapshot): LeaseSnapshot[] {
    const { leaseId, realm, workerId } = lease
    const isReported = this.#isReported(workerId)
    if (lease.isForgotten) return isReported && !this.#kept.pending.has(lease) ? [] : [lease]
    const kept = this.#kept.leases.get(leaseId)
    if (kept !== undefined) {
      const { isBlocked, allocation } = kept.lease
      const demand = isBlocked ? allocation.demand : lease.demand
      return [{ ...lease, shape: undefined, workerId: kept.workerId, place: kept.place, isBlocked, demand }]
    }
    const isWanted = this.#kept.isWanted(leaseId) || this.#isSilent(realm)
    // It may have been granted since, by a message that is still on its way: its holder asks anew.
    if (workerId === undefined) return this.#isSilent(realm) ? [lease] : []
    if (isReported && !this.#kept.pending.has(lease)) return []
    if (!isWanted) this.#first.push({ type: 'leaseReturned', leaseId })
    return [lease]
  }

  // Whoever has a lease, or waits for one, that nobody knows any more must ask again.
  #endLostLeases(leases: readonly LeaseSnapshot[]): void {
    const known = new Set(leases.map(({ leaseId }) => leaseId))
    for (const { realm, leases: wanted } of this.#realms.values()) {
      for (const leaseId of wanted) {
        if (!known.has(leaseId)) this.#commands.push({ type: 'endLease', leaseId, realm, exit: lostLease })
      }
    }
  }

  // ---- workers and nodes

  #workers(actors: readonly ActorSnapshot[]): WorkerSnapshot[] {
    const living = new Map<WorkerId, ActorId[]>()
    for (const { spec, workerId } of actors) {
      if (workerId !== undefined) living.set(workerId, [...(living.get(workerId) ?? []), idOf(spec)])
    }
    const silent = this.#old.workers.filter(({ nodeId }) => !this.#reports.has(nodeId))
    const workers = silent.map((worker) => ({ ...worker, actorIds: living.get(worker.workerId) ?? [] }))
    for (const { nodeId, workers: reported } of this.#reports.values()) {
      for (const { workerId, isReady } of reported) {
        const known = this.#kept.workerOf.get(workerId)
        const isStopping = known?.state === 'stopping'
        if (isStopping) this.#commands.push({ type: 'stopWorker', workerId, isGraceful: false })
        const state = isStopping ? 'stopping' : isReady ? 'ready' : 'starting'
        const idleSinceMs = this.#isFree(workerId) ? known?.idleSinceMs : undefined
        workers.push({ workerId, nodeId, state, actorIds: living.get(workerId) ?? [], idleSinceMs })
      }
    }
    return workers
  }

  #isFree(workerId: WorkerId): boolean {
    const worker = this.#kept.workers.get(workerId)
    if (worker === undefined || worker.lease !== undefined || worker.lives.length > 0) return false
    return ![...this.#kept.pending].some((one) => one.workerId === workerId)
  }

  #node(node: NodeSnapshot): NodeSnapshot {
    const report = this.#reports.get(node.nodeId)
    // Nothing is placed anywhere before all of this is known.
    if (report === undefined) return { ...node, isPaused: true }
    const shared = report.workers.filter(({ workerId, lives }) => {
      if (node.shared.includes(workerId)) return true
      const isKnown = this.#kept.workerOf.has(workerId)
      return lives.some(({ spec }) => spec.isolation === 'shared') && !isKnown
    })
    const ledger = NodeLedger.ofNode(node.resources)
    for (const { nodeId, allocation } of this.#old.bundles) if (nodeId === node.nodeId) ledger.take(allocation)
    const { gpus: gpuStatus = node.resources.gpuStatus } = report
    return {
      ...node,
      resources: { ...node.resources, ...(gpuStatus === undefined ? {} : { gpuStatus }) },
      spare: node.spare.filter((workerId) => this.#isFree(workerId)),
      idle: node.idle.filter((workerId) => this.#isFree(workerId)),
      shared: shared.map(({ workerId }) => workerId),
      foreign: report.foreign.filter((allocation) => ledger.take(allocation)),
      reportNumber: report.number - 1,
      isPaused: true,
    }
  }

  #isSilent(realm: RealmId): boolean {
    const at = realm.lastIndexOf('.')
    const nodeId = at < 0 ? realm : realm.slice(0, at)
    return !this.#reports.has(nodeId) && this.#old.nodes.some((node) => node.nodeId === nodeId)
  }

  // ---- who holds what

  #holds(actors: readonly ActorSnapshot[]): Pick<ClusterSnapshot, 'actors' | 'directory'> {
    const held = new Map<ActorId, [RealmId, number][]>()
    const add = (actorId: ActorId, realm: RealmId, count: number): void => {
      if (count !== 0) held.set(actorId, [...(held.get(actorId) ?? []), [realm, count]])
    }
    const known = new Set(actors.map(({ spec }) => idOf(spec)))
    for (const { spec, holders } of actors) {
      for (const [realm, count] of holders) if (this.#isSilent(realm)) add(idOf(spec), realm, count)
    }
    for (const { realm, holds, requested } of this.#realms.values()) {
      const counts = new Map(holds)
      for (const { spec, isHeld } of requested) {
        const actorId = idOf(spec)
        if (isHeld && known.has(actorId)) counts.set(actorId, (counts.get(actorId) ?? 0) + 1)
      }
      for (const [actorId, count] of counts) add(actorId, realm, count)
    }
    const heldBy = new Map<RealmId, ActorId[]>()
    for (const actorId of known) {
      for (const [realm] of held.get(actorId) ?? []) heldBy.set(realm, [...(heldBy.get(realm) ?? []), actorId])
    }
    const early = [...held].filter(([actorId]) => !known.has(actorId))
    const { named, dead } = this.#old.directory
    const adopted = [...this.#kept.lives.keys()].filter((actorId) => !this.#kept.actorOf.has(actorId))
    const directory: DirectorySnapshot = {
      named: [
        ...named.filter((actorId) => !this.#kept.outnamed.has(actorId)),
        ...adopted.filter((actorId) => this.#kept.lives.get(actorId)!.life.spec.name !== undefined),
      ],
      heldBy: [...heldBy],
      early: early.map(([actorId, holds]) => [actorId, holds.map(([realm, count]) => ({ realm, count }))]),
      dead: [...dead, ...this.#retired.filter((actorId) => !dead.includes(actorId))],
    }
    return {
      actors: actors.map((actor) => ({ ...actor, holders: held.get(idOf(actor.spec)) ?? [] })),
      directory,
    }
  }

  // ---- what is told

  #lostNodes(): ClusterEvent[] {
    return this.#old.nodes
      .filter(({ nodeId }) => !this.#reports.has(nodeId))
      .map(({ nodeId, epoch }) => ({ type: 'nodeLost', nodeId, epoch }))
  }

  #afterwards({ nodes, actors }: ClusterSnapshot): ClusterEvent[] {
    const events: ClusterEvent[] = []
    const known = new Set(actors.map(({ spec }) => idOf(spec)))
    for (const { requested } of this.#realms.values()) {
      for (const { spec, isReady } of requested) {
        const actorId = idOf(spec)
        if (isReady && known.has(actorId)) events.push({ type: 'actorDependenciesReady', actorId })
      }
    }
    for (const owner of this.#goneOwners(actors)) events.push({ type: 'ownerEnded', owner })
    for (const { nodeId, epoch, foreign, reportNumber } of nodes) {
      if (this.#reports.has(nodeId))
        events.push({ type: 'nodeReported', nodeId, epoch, foreign, number: reportNumber + 1 })
    }
    return events
  }

  // Realms and actors that have made something and are not there any more.
  #goneOwners(actors: readonly ActorSnapshot[]): Set<RealmId | ActorId> {
    const living = new Set<string>([...this.#realms.keys(), ...this.#kept.workers.keys()])
    for (const { spec, state } of actors) if (state !== 'DEAD') living.add(idOf(spec))
    const owners = [...actors.map(({ spec }) => spec.creator), ...this.#old.groups.map(({ spec }) => spec.creator)]
    return new Set(owners.filter((owner) => !living.has(owner) && !this.#isSilent(owner)))
  }
}

function killed(actorId: ActorId, death: Death): ClusterEvent {
  return { type: 'actorKilled', actorId, mayRestart: false, death }
}

// At most as many as there were lives in between, however they came about.
function restarts({ restartCount, incarnation, spec }: ActorSnapshot, latest: number): number {
  const count = restartCount + livesBetween(incarnation, latest)
  return spec.maxRestarts < 0 ? count : Math.min(spec.maxRestarts, count)
}

function blank(spec: ActorSnapshot['spec']): ActorSnapshot {
  return {
    spec,
    state: 'PENDING_CREATION',
    incarnation: 0,
    workerId: undefined,
    place: undefined,
    waiting: undefined,
    restartCount: 0,
    death: undefined,
    ending: undefined,
    isLeaving: false,
    holders: [],
  }
}

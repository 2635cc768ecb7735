import type { ActorId, Incarnation, NodeId, WorkerId } from '../protocol/ids.ts'
import type { ActorSpec } from '../protocol/specs.ts'
import { type Allocation, withoutCpus } from './demand.ts'
import { NodeLedger } from './node-ledger.ts'
import type { Endings, LeaseReport, LifeReport, NodeReport, RealmReport, WorkerReport } from './node-report.ts'
import type { ActorSnapshot, ClusterSnapshot, LeaseSnapshot, PlaceSnapshot, WorkerSnapshot } from './snapshot.ts'

/** Something that a node has reported and that goes on, with its place. */
export interface KeptLife {
  readonly workerId: WorkerId
  readonly life: LifeReport
  readonly place: PlaceSnapshot
}

export interface KeptLease {
  readonly workerId: WorkerId
  readonly lease: LeaseReport
  readonly place: PlaceSnapshot
}

interface Candidate {
  readonly workerId: WorkerId
  readonly place: PlaceSnapshot
  /** The snapshot has it in the same place: such ones come first. */
  readonly isSame: boolean
  readonly keep: () => void
}

/**
 * What goes on of what the nodes have reported. The later life of an actor wins; what the snapshot does not know is kept
 * when it is an actor outside of placement groups whose name is free, and ended when it is a lease.
 */
export class Kept {
  readonly lives: Map<ActorId, KeptLife> = new Map()
  readonly leases: Map<string, KeptLease> = new Map()
  /** What waits for a worker that still starts. */
  readonly pending: Set<ActorSnapshot | LeaseSnapshot> = new Set()
  /** The latest life of each actor that anybody has heard of. */
  readonly latest: Map<ActorId, Incarnation> = new Map()
  /** Actors whose name another one has by now: they are over. */
  readonly outnamed: Set<ActorId> = new Set()
  /** Actors that somebody knows to be dead. */
  readonly dead: Set<ActorId> = new Set()
  readonly workers: Map<WorkerId, WorkerReport> = new Map()
  readonly actorOf: ReadonlyMap<ActorId, ActorSnapshot>
  readonly workerOf: ReadonlyMap<WorkerId, WorkerSnapshot>
  readonly #snapshot: ClusterSnapshot
  readonly #reports: ReadonlyMap<NodeId, NodeReport>
  readonly #leaseOf: ReadonlyMap<string, LeaseSnapshot>
  readonly #wanted: ReadonlySet<string>
  readonly #ledgers: NodeLedger[]
  readonly #ended = new Set<string>()
  readonly #alive = new Set<string>()

  constructor(snapshot: ClusterSnapshot, reports: ReadonlyMap<NodeId, NodeReport>, realms: readonly RealmReport[]) {
    this.#snapshot = snapshot
    this.#reports = reports
    this.actorOf = new Map(snapshot.actors.map((actor) => [idOf(actor.spec), actor]))
    this.workerOf = new Map(snapshot.workers.map((worker) => [worker.workerId, worker]))
    this.#leaseOf = new Map(snapshot.leases.flatMap((one) => (one.isForgotten ? [] : [[one.leaseId, one]])))
    this.#wanted = new Set(realms.flatMap(({ leases }) => leases))
    this.#ledgers = ledgersOf(snapshot, reports)
    for (const { workers } of reports.values()) for (const worker of workers) this.workers.set(worker.workerId, worker)
    this.#findLatest(realms)
    this.#findOutnamed()
    const candidates = [...this.#pendingOnes(), ...this.#reportedOnes()]
    for (const isSame of [true, false]) {
      for (const one of candidates) if (one.isSame === isSame && this.#take(one.place)) one.keep()
    }
  }

  isWanted(leaseId: string): boolean {
    return this.#wanted.has(leaseId)
  }

  #take({ slot, allocation }: PlaceSnapshot): boolean {
    return this.#ledgers[slot]!.take(allocation)
  }

  /** Whether anybody has heard that this life began. */
  wasAlive(actorId: ActorId, incarnation: Incarnation): boolean {
    return this.#alive.has(`${actorId} ${incarnation}`)
  }

  #findLatest(realms: readonly RealmReport[]): void {
    const seen = (actorId: ActorId, incarnation: Incarnation): void => {
      this.latest.set(actorId, Math.max(incarnation, this.latest.get(actorId) ?? 0))
    }
    for (const { spec, incarnation } of this.#snapshot.actors) seen(idOf(spec), incarnation)
    for (const { actorId, incarnation, state } of realms.flatMap(({ heard }) => heard)) {
      seen(actorId, incarnation)
      if (state === 'DEAD') this.dead.add(actorId)
      if (state === 'ALIVE') this.#alive.add(`${actorId} ${incarnation}`)
    }
    for (const { ended } of this.#reports.values()) {
      for (const { spec, incarnation } of ended) {
        seen(idOf(spec), incarnation)
        this.#ended.add(`${idOf(spec)} ${incarnation}`)
      }
    }
    for (const { lives } of this.workers.values()) for (const one of lives) seen(idOf(one.spec), one.incarnation)
  }

  // A name was given anew only when the actor that had it was over: the one that the snapshot does not know has it now.
  #findOutnamed(): void {
    const owners = new Map<string, ActorId>()
    for (const { lives } of this.workers.values()) {
      for (const { spec } of lives) {
        const key = nameOf(spec)
        if (key === undefined || this.actorOf.has(idOf(spec))) continue
        const other = owners.get(key)
        if (other === undefined || other === idOf(spec)) owners.set(key, idOf(spec))
        else {
          const [over, owner] = [other, idOf(spec)].sort() as [ActorId, ActorId]
          this.outnamed.add(over)
          owners.set(key, owner)
        }
      }
    }
    for (const actorId of this.#snapshot.directory.named) {
      const owner = owners.get(nameOf(this.actorOf.get(actorId)!.spec)!)
      if (owner !== undefined) this.outnamed.add(actorId)
    }
  }

  isOver(actorId: ActorId): boolean {
    return this.outnamed.has(actorId) || this.dead.has(actorId)
  }

  *#pendingOnes(): Generator<Candidate> {
    for (const one of [...this.#snapshot.actors, ...this.#snapshot.leases]) {
      const { workerId, place } = one
      const worker = this.workers.get(workerId ?? '')
      if (workerId === undefined || place === undefined || worker === undefined || worker.isReady) continue
      if (this.workerOf.get(workerId)?.state !== 'starting') continue
      if ('spec' in one && !this.#mayBegin(one)) continue
      yield { workerId, place, isSame: true, keep: () => this.pending.add(one) }
    }
  }

  #mayBegin({ spec, incarnation }: ActorSnapshot): boolean {
    const actorId = idOf(spec)
    if (this.isOver(actorId) || this.#ended.has(`${actorId} ${incarnation}`)) return false
    return incarnation === this.latest.get(actorId)
  }

  *#reportedOnes(): Generator<Candidate> {
    for (const [number, { nodeId }] of this.#snapshot.nodes.entries()) {
      for (const { workerId, lives, lease } of this.#reports.get(nodeId)?.workers ?? []) {
        for (const life of lives) {
          const one = this.#life(workerId, life, number)
          if (one !== undefined) yield one
        }
        const one = lease === undefined ? undefined : this.#lease(workerId, lease, number)
        if (one !== undefined) yield one
      }
    }
  }

  #life(workerId: WorkerId, life: LifeReport, nodeNumber: number): Candidate | undefined {
    const { spec, incarnation, allocation } = life
    const actorId = idOf(spec)
    const known = this.actorOf.get(actorId)
    // Its worker may outlive it until it is told to end.
    if (this.#ended.has(`${actorId} ${incarnation}`)) return undefined
    if (known?.state === 'DEAD' || incarnation !== this.latest.get(actorId) || this.isOver(actorId)) return undefined
    const isSame = known?.incarnation === incarnation && known.workerId === workerId && known.place !== undefined
    if (!isSame && spec.request.bundle !== undefined) return undefined
    const place = { slot: isSame ? known.place!.slot : nodeNumber, allocation }
    return { workerId, place, isSame, keep: () => this.lives.set(actorId, { workerId, life, place }) }
  }

  #lease(workerId: WorkerId, lease: LeaseReport, nodeNumber: number): Candidate | undefined {
    const { leaseId, isBlocked } = lease
    const known = this.#leaseOf.get(leaseId)
    if (known === undefined || !this.#wanted.has(leaseId)) return undefined
    const isSame = known.workerId === workerId && known.place !== undefined
    if (!isSame && (known.workerId !== undefined || known.request.bundle !== undefined)) return undefined
    const allocation = isBlocked ? withoutItsCpus(lease.allocation) : lease.allocation
    const place = { slot: isSame ? known.place!.slot : nodeNumber, allocation }
    return { workerId, place, isSame, keep: () => this.leases.set(leaseId, { workerId, lease, place }) }
  }

  /** What the nodes must end. */
  endings(): Map<NodeId, Endings> {
    const endings = new Map<NodeId, Endings>()
    for (const { nodeId, workers: reported } of this.#reports.values()) {
      const workers = reported.filter((worker) => this.#isToEnd(worker)).map(({ workerId }) => workerId)
      const lives = reported.flatMap((worker) => (workers.includes(worker.workerId) ? [] : this.#superfluousIn(worker)))
      if (workers.length + lives.length > 0) endings.set(nodeId, { workers, lives })
    }
    return endings
  }

  #isToEnd(worker: WorkerReport): boolean {
    const { workerId, lives, lease } = worker
    const known = this.workerOf.get(workerId)
    if (lease !== undefined && this.leases.get(lease.leaseId)?.workerId !== workerId) return true
    const superfluous = this.#superfluousIn(worker)
    const over = new Set(superfluous.map(({ actorId }) => actorId))
    if (lives.some(({ spec }) => spec.isolation === 'worker' && over.has(idOf(spec)))) return true
    if (lease !== undefined || lives.length > superfluous.length) return false
    // Nothing goes on there: it is kept only where others can have it.
    if (known === undefined || known.state === 'stopping') return true
    if ([...this.pending].some((one) => one.workerId === workerId)) return false
    const { spare, idle, shared } = this.#snapshot.nodes.find(({ nodeId }) => nodeId === known.nodeId)!
    return ![...spare, ...idle, ...shared].includes(workerId)
  }

  #superfluousIn({ workerId, lives }: WorkerReport): Endings['lives'] {
    return lives.flatMap(({ spec, incarnation }) => {
      const kept = this.lives.get(idOf(spec))
      const isKept = kept?.workerId === workerId && kept.life.incarnation === incarnation
      return isKept ? [] : [{ workerId, actorId: idOf(spec), incarnation }]
    })
  }
}

/** The id of the actor that a spec is of. */
export function idOf({ handle }: ActorSpec): ActorId {
  return handle.actorId
}

function nameOf({ name, namespace }: ActorSpec): string | undefined {
  return name === undefined ? undefined : JSON.stringify([namespace, name])
}

function withoutItsCpus({ demand, gpuIds }: Allocation): Allocation {
  return { demand: withoutCpus(demand), gpuIds }
}

// The books of all places, with what groups have set apart and nothing else in them.
function ledgersOf(snapshot: ClusterSnapshot, reports: ReadonlyMap<NodeId, NodeReport>): NodeLedger[] {
  const numbers = new Map(snapshot.nodes.map(({ nodeId }, number) => [nodeId, number]))
  const nodes = snapshot.nodes.map(({ resources }) => NodeLedger.ofNode(resources))
  for (const { nodeId, allocation } of snapshot.bundles) nodes[numbers.get(nodeId)!]!.take(allocation)
  for (const { nodeId, foreign } of reports.values()) {
    for (const allocation of foreign) nodes[numbers.get(nodeId)!]!.take(allocation)
  }
  const former = NodeLedger.ofNode({ cpus: 0, gpus: 0, custom: {} })
  return [
    ...nodes,
    ...snapshot.bundles.map(({ allocation }) => NodeLedger.ofAllocation(allocation)),
    ...snapshot.formerBundles.map(() => former),
  ]
}

import type { ActorId, Incarnation, RealmId, WorkerId } from '../protocol/ids.ts'
import type { ActorSpec, ResourceRequest } from '../protocol/specs.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import type { ActorState, ActorView, Death } from './cluster-events.ts'
import type { Allocation } from './demand.ts'
import type { ActorRequest, Shape } from './shape.ts'
import type { Slot } from './slot.ts'

/**
 * The life of one actor at the coordinator.
 *
 * - DEPENDENCIES_UNREADY → PENDING_CREATION when the refs among its constructor's arguments have values.
 * - PENDING_CREATION → ALIVE when its worker has constructed it; → DEAD when the constructor fails.
 * - ALIVE → RESTARTING when its worker ends and restarts are left; the incarnation grows by one.
 * - RESTARTING → ALIVE as from PENDING_CREATION.
 * - any → DEAD when it is killed, ends by itself, goes out of scope, or its worker ends without restarts left.
 */
export class ActorRecord {
  readonly spec: ActorSpec
  state: ActorState
  incarnation: Incarnation = 0
  workerId: WorkerId | undefined
  /** Where it is placed, and what it has there. */
  slot: Slot | undefined
  allocation: Allocation | undefined
  /** What it was placed as. */
  shape: Shape | undefined
  /** While it waits for resources. */
  waiting: ActorRequest | undefined
  restartCount = 0
  /** How the worker of its last life ended. */
  lastExit: WorkerExit | undefined
  death: Death | undefined
  /** Why it is being ended on purpose: its worker's end is then no crash. */
  ending: Death | undefined
  /** The worker it shares was told to let go of it. */
  isLeaving = false
  /** The only holder, with one hold: what most actors have. Undefined: see `#holders`. */
  #onlyHolder: RealmId | undefined
  #holders: Map<RealmId, number> | undefined

  constructor(spec: ActorSpec, isReady: boolean) {
    this.spec = spec
    this.state = isReady ? 'PENDING_CREATION' : 'DEPENDENCIES_UNREADY'
    this.#onlyHolder = spec.holder
  }

  get id(): ActorId {
    return this.spec.handle.actorId
  }

  /** What must fit on the node for the actor to be placed. */
  get request(): ResourceRequest {
    return this.spec.request
  }

  get mayRestart(): boolean {
    return this.spec.maxRestarts < 0 || this.restartCount < this.spec.maxRestarts
  }

  /** A worker of its own, which ends with it. */
  get isDedicated(): boolean {
    return this.spec.isolation === 'worker'
  }

  /** Adds to (or takes from) a realm's holds. May go below zero for a moment, when a release overtakes its grant. */
  hold(realm: RealmId, count: number): void {
    if (count === -1 && realm === this.#onlyHolder) {
      this.#onlyHolder = undefined
      return
    }
    const holders = this.#allHolders()
    const sum = (holders.get(realm) ?? 0) + count
    if (sum === 0) holders.delete(realm)
    else holders.set(realm, sum)
  }

  dropHolder(realm: RealmId): boolean {
    if (realm !== this.#onlyHolder) return this.#holders?.delete(realm) === true
    this.#onlyHolder = undefined
    return true
  }

  get isHeld(): boolean {
    return this.holderCount > 0
  }

  get holderCount(): number {
    return this.#onlyHolder === undefined ? (this.#holders?.size ?? 0) : 1
  }

  isHeldBy(realm: RealmId): boolean {
    return realm === this.#onlyHolder || this.#holders?.has(realm) === true
  }

  /** Realms and how many holds each has. */
  get holders(): ReadonlyMap<RealmId, number> {
    return this.#onlyHolder === undefined ? (this.#holders ?? noHolders) : new Map([[this.#onlyHolder, 1]])
  }

  #allHolders(): Map<RealmId, number> {
    const holders = (this.#holders ??= new Map())
    if (this.#onlyHolder !== undefined) holders.set(this.#onlyHolder, 1)
    this.#onlyHolder = undefined
    return holders
  }

  view(): ActorView {
    return {
      actorId: this.id,
      className: this.spec.handle.className,
      name: this.spec.name,
      namespace: this.spec.namespace,
      state: this.state,
      incarnation: this.incarnation,
      workerId: this.state === 'ALIVE' ? this.workerId : undefined,
      nodeId: this.workerId?.slice(0, this.workerId.lastIndexOf('.')),
      gpuIds: this.allocation?.gpuIds ?? [],
      restartCount: this.restartCount,
      death: this.death,
      lastExit: this.lastExit,
      pendingReason: undefined,
    }
  }
}

const noHolders: ReadonlyMap<RealmId, number> = new Map()

/** What the end of its worker means for an actor without restarts left. */
export function workerDeath(actor: ActorRecord, workerId: WorkerId, exit: WorkerExit): Death {
  const restarts =
    actor.spec.maxRestarts > 0 && !actor.mayRestart ? `; all ${actor.spec.maxRestarts} restarts are used up` : ''
  const message = `its worker ${workerId} ${exit.reason}${restarts}`
  if (exit.isNodeLost === true) return { reason: 'NODE_DIED', message }
  return {
    reason: 'WORKER_DIED',
    message,
    ...(exit.exitCode === undefined ? {} : { exitCode: exit.exitCode }),
    ...(exit.isOutOfMemory ? { isOutOfMemory: true } : {}),
    ...(exit.isGpuLost ? { isGpuLost: true } : {}),
  }
}

/** Whether an actor ended by itself or because it was asked to, its dispose hook included. */
export function isGraceful({ reason }: Death): boolean {
  return reason === 'INTENDED_USER_EXIT' || reason === 'OUT_OF_SCOPE'
}

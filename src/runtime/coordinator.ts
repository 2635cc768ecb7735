import type { ActorView, ClusterCommand, ClusterEvent, Death, Refusal } from '../core/cluster-events.ts'
import { ClusterState } from '../core/cluster-state.ts'
import type { GroupView } from '../core/group-record.ts'
import type { Amounts } from '../core/node-ledger.ts'
import type { Packed } from '../protocol/codec.ts'
import { ActorAlreadyExistsError, PlacementGroupRemovedError } from '../protocol/errors.ts'
import type { ActorId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { ActorSpec, HandleSpec, ResourceRequest } from '../protocol/specs.ts'
import { ActorLuggage } from './actor-luggage.ts'
import { askWorkers, type Question } from './ask-workers.ts'
import type { Assignments } from './assignments.ts'
import { Circles } from './circles.ts'
import type { Control, CreationOutcome, WorkerView } from './control.ts'
import { answerRequest, takeNotice } from './control-server.ts'
import type { HeadSide } from './head-side.ts'
import type { Link } from './link.ts'
import { listings } from './listings.ts'
import { workerLabel } from './realm-names.ts'
import { unschedulable } from './remote-actor.ts'
import type { Runtime } from './runtime.ts'
import { WorkerOrders } from './worker-orders.ts'

const tickMs = 1000

/**
 * The shell around ClusterState: hands it what happened, carries out what it decides, and keeps what it must not see
 * (the packed constructor arguments, who watches what). It never decides.
 */
export class Coordinator {
  readonly #runtime: Runtime
  readonly #nodes: HeadSide
  readonly #state = new ClusterState()
  readonly #luggage: ActorLuggage
  readonly #orders: WorkerOrders
  readonly #circles: Circles
  /** One realm, for most actors, or several. */
  readonly #watchers = new Map<ActorId, RealmId | Set<RealmId>>()
  readonly #endWaiters = new Map<ActorId, (() => void)[]>()
  readonly #groupWaiters = new Map<string, (() => void)[]>()
  readonly #events: ClusterEvent[] = []
  #isHandling = false
  #waitedMs = 0
  #clock: ReturnType<typeof setInterval> | undefined

  constructor(runtime: Runtime, nodes: HeadSide) {
    this.#runtime = runtime
    this.#nodes = nodes
    this.#luggage = new ActorLuggage((specials) => runtime.values.release(specials))
    this.#orders = new WorkerOrders({
      runtime,
      nodes,
      state: this.#state,
      luggage: this.#luggage,
      handle: (event) => this.handle(event),
      send: (realm, name, payload) => this.#send(realm, name, payload),
      watchersOf: (actorId) => [...this.#watchersOf(actorId)].flatMap((realm) => nodes.link(realm) ?? []),
    })
    this.#circles = new Circles({
      classNameOf: (actorId) => this.#state.actorSpec(actorId)?.handle.className,
      found: (chain, newest) => this.#foundCircle(chain, newest),
    })
  }

  /** What waits for the word of its node. */
  get assignments(): Assignments {
    return this.#orders.assignments
  }

  /** Events that come while one is handled wait for it. */
  handle(event: ClusterEvent): void {
    if (this.#isHandling) {
      this.#events.push(event)
      return
    }
    this.#isHandling = true
    try {
      for (let next: ClusterEvent | undefined = event; next !== undefined; next = this.#events.shift()) {
        this.#runtime.timeline.happened(next)
        for (const command of this.#state.handle(next)) this.#carryOut(command)
      }
    } finally {
      this.#isHandling = false
    }
    this.#keepTime()
  }

  // While something waits for resources, or workers have nothing to do, the core is told how time goes on.
  #keepTime(): void {
    const { waitingCount, hasSurplusWorkers } = this.#state
    const isNeeded = (waitingCount > 0 || hasSurplusWorkers) && !this.#runtime.isShutDown
    if (isNeeded === (this.#clock !== undefined)) return
    clearInterval(this.#clock)
    this.#clock = undefined
    if (!isNeeded) return
    // The core's time stands still otherwise.
    let last = performance.now()
    this.#clock = setInterval(() => {
      const now = performance.now()
      this.#waitedMs += now - last
      last = now
      this.handle({ type: 'timePassed', nowMs: this.#waitedMs, mayEndIdle: true })
    }, tickMs)
    ;(this.#clock as { unref?: () => void }).unref?.()
  }

  /** The questions and orders of one realm. */
  controlFor(realm: RealmId): Control {
    return {
      createActor: (spec, args, outcome) =>
        this.#createActor({ ...spec, creator: this.#creatorWithin(spec.creator, realm), holder: realm }, args, outcome),
      provideArguments: (actorId, args) => {
        this.#luggage.setArguments(actorId, args)
        this.handle({ type: 'actorDependenciesReady', actorId })
      },
      argumentsFailed: (actorId, error) => this.#failArguments(actorId, error),
      watch: (actorId) => this.#watch(actorId, realm),
      grantHandle: (actorId, receiver) => this.handle({ type: 'handlesGranted', actorId, realm: receiver, count: 1 }),
      releaseHandle: (actorId, count) => {
        this.#unwatch(actorId, realm)
        this.handle({ type: 'handlesReleased', actorId, realm, count })
      },
      kill: (actorId, mayRestart) => {
        const death: Death = { reason: 'KILLED', message: 'it was killed by kill()' }
        this.handle({ type: 'actorKilled', actorId, mayRestart, death })
      },
      dismiss: (actorId) => this.#dismiss(actorId),
      findActor: async (namespace, name) => this.#findActor(namespace, name, realm),
      requestLease: (leaseId, request, terms) =>
        this.handle({ type: 'leaseRequested', leaseId, realm, request, ...terms }),
      returnLease: (leaseId) => this.handle({ type: 'leaseReturned', leaseId }),
      blockLease: (leaseId) => {
        // The node first, so that it has room for what is placed there now.
        this.#nodes.blockLease(realm, leaseId)
        this.handle({ type: 'leaseBlocked', leaseId })
      },
      unblockLease: (leaseId) => this.handle({ type: 'leaseUnblocked', leaseId }),
      endLease: (leaseId) => this.handle({ type: 'leaseRevoked', leaseId }),
      createGroup: (spec) =>
        this.handle({ type: 'groupRequested', spec: { ...spec, creator: this.#creatorWithin(spec.creator, realm) } }),
      removeGroup: (groupId) => this.handle({ type: 'groupRemoved', groupId }),
      groupReady: (groupId) => this.#groupReady(groupId),
      actorExited: (actorId, incarnation) => {
        const death: Death = { reason: 'INTENDED_USER_EXIT', message: 'exitActor() is called' }
        this.#orders.letGo(realm, actorId, incarnation)
        this.handle({ type: 'actorEnded', actorId, incarnation, death })
      },
      saveCheckpoint: (actorId, incarnation, state) => this.#saveCheckpoint(actorId, incarnation, state),
      reportWaits: (edges) => this.#circles.report(realm, edges),
      resources: async (which) => this.resources(which),
      ...listings(this.#runtime, this.#state, (question, of) => this.#askWorkers(question, of)),
    }
  }

  /** Why a request can never be met; undefined also before the node has joined. */
  refusalOf(request: ResourceRequest): Refusal | undefined {
    return this.#state.refusalOf(request)
  }

  resources(which: 'total' | 'available'): Amounts {
    return which === 'total' ? this.#state.total() : this.#state.available()
  }

  workers(): WorkerView[] {
    return this.#state.workers()
  }

  /** Requests of worker realms, by name. */
  onRequest(from: Link, name: string, payload: unknown): Promise<unknown> {
    return answerRequest(this.controlFor(from.peer), name, payload)
  }

  /** Notices of worker realms, by name. False: not one of the coordinator's. */
  onNotice(from: Link, name: string, payload: unknown): boolean {
    return takeNotice(this.controlFor(from.peer), name, payload)
  }

  // ---- orders

  #createActor(spec: ActorSpec, args: Packed | undefined, outcome: CreationOutcome): void {
    const { className } = spec.handle
    const known = spec.getIfExists ? this.#findActor(spec.namespace, spec.name ?? '', spec.holder) : undefined
    if (known !== undefined) return outcome.existing(known)
    if (spec.name !== undefined && this.#state.findName(spec.namespace, spec.name) !== undefined) {
      throw new ActorAlreadyExistsError(
        `An actor named ${JSON.stringify(spec.name)} lives in the namespace ${JSON.stringify(spec.namespace)} already. Use getActor(name), pass getIfExists: true, or choose another name.`,
        { actorName: spec.name, namespace: spec.namespace },
      )
    }
    const refusal = spec.waitForResources ? undefined : this.#state.refusalOf(spec.request, spec.placementCpu)
    if (refusal !== undefined) throw refused(className, refusal)
    if (args !== undefined) this.#luggage.setArguments(spec.handle.actorId, args)
    this.#watchers.set(spec.handle.actorId, spec.holder)
    this.handle({ type: 'actorRequested', spec, isReady: args !== undefined })
  }

  #failArguments(actorId: ActorId, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    const death: Death = {
      reason: 'DEPENDENCY_FAILED',
      message: `an argument of its constructor could not be computed: ${message}`,
      cause: this.#runtime.values.encodeThrown(error),
    }
    this.handle({ type: 'actorKilled', actorId, mayRestart: false, death })
  }

  async #dismiss(actorId: ActorId): Promise<void> {
    const view = this.#state.actor(actorId)
    if (view === undefined || view.state === 'DEAD') return
    const ended = new Promise<void>((resolve) => {
      const waiters = this.#endWaiters.get(actorId) ?? []
      this.#endWaiters.set(actorId, [...waiters, resolve])
    })
    this.handle({
      type: 'actorDismissed',
      actorId,
      death: { reason: 'INTENDED_USER_EXIT', message: 'it was ended by terminate()' },
    })
    this.#runtime.busy(1)
    await ended
    this.#runtime.busy(-1)
  }

  async #groupReady(groupId: string): Promise<GroupView | undefined> {
    const view = this.#state.group(groupId)
    if (view === undefined || (view.state !== 'PENDING' && view.state !== 'RESCHEDULING')) return view
    await new Promise<void>((resolve) => {
      this.#groupWaiters.set(groupId, [...(this.#groupWaiters.get(groupId) ?? []), resolve])
    })
    return this.#runtime.isShutDown ? this.#state.group(groupId) : this.#groupReady(groupId)
  }

  #findActor(namespace: string, name: string, realm: RealmId): HandleSpec | undefined {
    const actorId = this.#state.findName(namespace, name)
    if (actorId === undefined) return undefined
    // The hold is taken here, so that the actor cannot go before the asker has it.
    this.handle({ type: 'handlesGranted', actorId, realm, count: 1 })
    return this.#state.actorSpec(actorId)?.handle
  }

  #foundCircle(chain: string, { realm, call }: { realm: RealmId; call: number }): void {
    if (this.#runtime.deadlock === 'error') return this.#send(realm, 'deadlock', { call, chain })
    this.#runtime.log(
      'warn',
      `Calls seem to wait for each other in a circle: ${chain}. Nothing of it will go on if each awaits its call; init({ deadlock: 'error' }) rejects the newest.`,
    )
  }

  // A stale twin must not write over the state of the living one.
  #saveCheckpoint(actorId: ActorId, incarnation: number, state: Packed): void {
    const view = this.#state.actor(actorId)
    if (view === undefined || view.state === 'DEAD' || view.incarnation !== incarnation) return
    this.#luggage.setCheckpoint(actorId, state)
  }

  #askWorkers<T>(question: Question, of?: ReadonlySet<WorkerId>): Promise<T[]> {
    const ready = this.#state.workers().filter(({ state }) => state === 'ready')
    const realms = [...this.#nodes.memberIds, ...ready.map(({ workerId }) => workerId)]
    return askWorkers<T>(
      realms.filter((realm) => of?.has(realm) !== false).flatMap((realm) => this.#nodes.link(realm) ?? []),
      question,
    )
  }

  #watch(actorId: ActorId, realm: RealmId): void {
    const view = this.#state.actor(actorId)
    if (view === undefined) {
      return this.#send(realm, 'actorGone', actorId)
    }
    const watchers = this.#watchers.get(actorId)
    if (watchers === undefined) this.#watchers.set(actorId, realm)
    else if (typeof watchers === 'string') this.#watchers.set(actorId, new Set([watchers, realm]))
    else watchers.add(realm)
    this.#send(realm, 'actorView', view)
  }

  #unwatch(actorId: ActorId, realm: RealmId): void {
    const watchers = this.#watchers.get(actorId)
    if (watchers === realm) this.#watchers.delete(actorId)
    else if (typeof watchers === 'object') watchers.delete(realm)
  }

  #watchersOf(actorId: ActorId): Iterable<RealmId> {
    const watchers = this.#watchers.get(actorId) ?? []
    return typeof watchers === 'string' ? [watchers] : watchers
  }

  // ---- commands

  #carryOut(command: ClusterCommand): void {
    switch (command.type) {
      case 'startWorker':
        return this.#nodes.startWorker(command.workerId, this.#labelOf(command.workerId))
      case 'stopWorker':
        this.assignments.workerEnds(command.workerId)
        return this.#nodes.stopWorker(command.workerId, command.isGraceful)
      case 'createActor':
        return this.#orders.createActor(command)
      case 'dismissActor':
        return this.#orders.dismissActor(command)
      case 'dropActor':
        return this.#orders.dropActor(command)
      case 'publishActor':
        return this.#publish(command.actorId)
      case 'grantLease':
        return this.#orders.grantLease(command)
      case 'resumeLease':
        return this.#orders.resumeLease(command)
      case 'refuseLease':
        return this.#send(command.realm, 'leaseRefused', { leaseId: command.leaseId, refusal: command.refusal })
      case 'closeLease':
        return this.#orders.closeLease(command)
      case 'publishGroup':
        return wakeAll(this.#groupWaiters, command.groupId)
      case 'reportPending':
        return this.#runtime.log('warn', command.text)
      case 'endLease':
        return this.#send(command.realm, 'leaseEnded', { leaseId: command.leaseId, exit: command.exit })
    }
  }

  // Most workers are started for something, and carry its name from the start.
  #labelOf(workerId: WorkerId): string {
    const worker = this.#state.workers().find((one) => one.workerId === workerId)
    const actorId = worker?.actorIds[0]
    const spec = actorId === undefined ? undefined : this.#state.actorSpec(actorId)
    const actor = spec === undefined ? undefined : { ...spec.handle, isolation: spec.isolation }
    return workerLabel({ workerId, actor, isLeased: worker?.isLeased === true })
  }

  #publish(actorId: ActorId): void {
    const view: ActorView | undefined = this.#state.actor(actorId)
    if (view === undefined) return
    for (const realm of this.#watchersOf(actorId)) this.#send(realm, 'actorView', view)
    if (view.state !== 'DEAD') return
    this.#luggage.drop(actorId)
    this.#watchers.delete(actorId)
    wakeAll(this.#endWaiters, actorId)
  }

  /** A realm may only name itself, or an actor that lives in it. */
  #creatorWithin(creator: string, realm: RealmId): string {
    return this.#state.actor(creator)?.workerId === realm ? creator : realm
  }

  /** Every actor is gone with the workers: whoever waits for the end of one waits no longer. */
  shutDown(): void {
    clearInterval(this.#clock)
    for (const waiters of [this.#endWaiters, this.#groupWaiters]) for (const id of waiters.keys()) wakeAll(waiters, id)
  }

  /** A worker is gone, and its waits with it. */
  realmLost(realm: RealmId): void {
    this.assignments.workerEnds(realm)
    this.#circles.realmLost(realm)
  }

  #send(realm: RealmId, name: string, payload: unknown): void {
    if (realm === this.#runtime.realmId) this.#runtime.onCoordinatorNotice(name, payload)
    else this.#nodes.link(realm)?.tell(name, payload)
  }
}

function wakeAll(waiters: Map<string, (() => void)[]>, id: string): void {
  const waiting = waiters.get(id) ?? []
  waiters.delete(id)
  for (const wake of waiting) wake()
}

function refused(className: string, refusal: Refusal): Error {
  if (refusal.isGroupRemoved !== true) return unschedulable(className, refusal)
  return new PlacementGroupRemovedError(`The actor ${className} cannot be placed: ${refusal.message}.`, { className })
}

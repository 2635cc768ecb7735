import { host } from '#host'
import type { ActorView, Refusal } from '../core/cluster-events.ts'
import { RealmSet } from '../core/realm-set.ts'
import type { Channel } from '../protocol/channel.ts'
import { RuntimeShutdownError, WorkerCrashedError } from '../protocol/errors.ts'
import { type ActorId, mainOf, type NodeId, type RealmId } from '../protocol/ids.ts'
import type { PortLike } from '../protocol/platform.ts'
import type { RealmsBefore, WorkerExit } from '../protocol/worker-host.ts'
import { MessagePortChannel } from '../transport/message-port.ts'
import { Actors } from './actors.ts'
import type { Blocking } from './blocking.ts'
import { cancelledError } from './call-abort.ts'
import { CallClock } from './call-clock.ts'
import { Callbacks } from './callbacks.ts'
import type { Callee } from './callee.ts'
import type { ClusterSide } from './cluster-side.ts'
import { type CallContext, currentCallIfKnown, enterCall, leaveCall } from './context.ts'
import type { Control } from './control.ts'
import type { Coordinator } from './coordinator.ts'
import { askFor, type Introduction, introduce } from './introductions.ts'
import { Link } from './link.ts'
import type { CreateActor } from './local-actors.ts'
import type { LocalNode } from './local-node.ts'
import type { ObjectEntry } from './object-entry.ts'
import { ObjectMemory } from './object-memory.ts'
import { Objects } from './objects.ts'
import type { PendingControl } from './pending-control.ts'
import { realmState } from './registry.ts'
import { SharedBuffers } from './shared-buffers.ts'
import type { Lease, TaskSubmitter } from './task-submitter.ts'
import type { RealmTrace, Timeline } from './timeline.ts'
import { Values } from './values.ts'
import { Waits } from './waits.ts'
import { printLine, type WorkerLine } from './worker-console.ts'

/** Who a runtime is. */
export interface RuntimeConfig {
  readonly realmId: RealmId
  readonly nodeId: NodeId
  /** The realm of the coordinator. */
  readonly driverId: RealmId
  /** The main realm of this node. */
  readonly mainId: RealmId
  readonly namespace: string
  /** Actors and tasks run in the calling realm. */
  readonly isInline: boolean
  /** Realms may share memory: the user has not switched it off. */
  readonly sharesMemory: boolean
  /** `put` shares large arrays also when it is not asked to. */
  readonly sharesAlways: boolean
  /** Mistakes that cost time to find are looked for. */
  readonly isDevelopment: boolean
  /** How many calls each realm remembers for `timeline()`. */
  readonly timelineEvents: number
}

interface CancelOrder {
  readonly id: string
  readonly force: boolean
  readonly recursive: boolean
}

/** Everything Troupe knows in one realm: its links, its objects, the actors it calls and the ones that live in it. */
export class Runtime {
  readonly config: RuntimeConfig
  readonly objects: Objects
  readonly memory: ObjectMemory
  readonly shared: SharedBuffers
  readonly values: Values
  readonly callbacks: Callbacks
  readonly actors: Actors
  /** Once this realm has started a task. */
  tasks: TaskSubmitter | undefined
  readonly waits: Waits
  readonly clock: CallClock = new CallClock()
  /** Once code of this realm has blocked. */
  blocking: Blocking | undefined
  readonly openLinks: Set<Link> = new Set()
  /** Set with the callee of a worker, and with the node of a main realm. */
  timeline!: Timeline
  control!: Control
  /** Only in workers. */
  callee: Callee | undefined
  /** Only in the driver, until its coordinator is loaded. */
  pending: PendingControl | undefined
  /** Only in the driver. */
  coordinator: Coordinator | undefined
  /** Only in the main realm of a node. */
  node: LocalNode | undefined
  cluster: ClusterSide | undefined
  /** Resolves when this node has told what it has. */
  joined: Promise<void> = Promise.resolve()
  isShutDown = false
  /** What is done about calls that wait for each other in a circle. */
  deadlock: 'warn' | 'error' = 'warn'
  readonly #links = new Map<RealmId, Link>()
  #lostRealms = new RealmSet()
  #busyCount = 0
  #nextNumber = 1

  constructor(config: RuntimeConfig) {
    this.config = config
    this.objects = new Objects(this)
    this.memory = new ObjectMemory(this)
    this.shared = new SharedBuffers(this)
    this.callbacks = new Callbacks(this)
    this.values = new Values(this)
    this.actors = new Actors(this)
    this.waits = new Waits(this)
  }

  get realmId(): RealmId {
    return this.config.realmId
  }
  get nodeId(): NodeId {
    return this.config.nodeId
  }
  get isInline(): boolean {
    return this.config.isInline
  }
  get isDriver(): boolean {
    return this.config.realmId === this.config.driverId
  }

  nextActorId(): ActorId {
    return `${this.realmId}:a${this.#nextNumber++}`
  }
  nextGroupId(): string {
    return `${this.realmId}:g${this.#nextNumber++}`
  }
  nextTaskId(): string {
    return `${this.realmId}:t${this.#nextNumber++}`
  }

  // ---- links

  addLink(link: Link): void {
    this.#links.set(link.peer, link)
  }

  /** The link to a realm. The first use between two workers makes one: no call passes through the main thread. */
  linkTo(realm: RealmId): Link {
    const known = this.#links.get(realm)
    if (known !== undefined) return known
    const [ours, theirs] = host.createPorts()
    const link = new Link(this, realm, new MessagePortChannel(ours))
    this.#links.set(realm, link)
    if (this.#lostRealms.has(realm) || this.isShutDown || !askFor(this, realm, theirs))
      link.connection.close('its realm has ended')
    return link
  }

  attach(realm: RealmId, channel: Channel): Link {
    const link = new Link(this, realm, channel)
    if (!this.#links.has(realm)) this.#links.set(realm, link)
    return link
  }

  linkClosed(link: Link, reason: string): void {
    if (this.#links.get(link.peer) === link) this.#links.delete(link.peer)
    this.callee?.linkClosed(link)
    this.node?.linkClosed(link, reason)
    this.cluster?.linkClosed(link)
  }

  /** The links to other realms than the main one. */
  *peers(): Generator<Link> {
    for (const link of this.#links.values())
      if (link.peer !== this.config.mainId && !link.connection.isClosed) yield link
  }

  /** What a realm that starts now must know of those before it. */
  endedRealms(): Omit<RealmsBefore, 'leaving'> {
    return { ended: this.#lostRealms.spans, endedNodes: this.#lostRealms.others }
  }
  learn({ ended, endedNodes, leaving }: RealmsBefore): void {
    this.#lostRealms = RealmSet.of(ended, endedNodes)
    for (const realm of leaving) this.objects.handingOver(realm)
  }

  isLost(realm: RealmId): boolean {
    return this.#lostRealms.has(realm)
  }

  /** A realm of the cluster has ended: what it held is free, and nothing will come from it any more. */
  realmLost(realm: RealmId): void {
    this.#lostRealms.add(realm)
    this.objects.realmEnded(realm)
    this.callee?.actors.forgetCaller(realm)
    this.#links.get(realm)?.connection.close('its worker has ended')
  }

  // ---- what other realms ask and tell

  async onRequest(from: Link, name: string, payload: unknown): Promise<unknown> {
    if (this.cluster?.onNotice(from, name, payload)) return undefined
    if (name === 'announceHandOver') return this.#announceHandOver(from.peer, payload)
    if (name === 'gpuTraits' && this.node !== undefined) return this.node.gpus?.traits(Number(payload))
    if (name === 'handingOver') return this.objects.handingOver(from.peer)
    if (this.coordinator !== undefined) return this.coordinator.onRequest(from, name, payload)
    if (from.peer !== this.config.driverId && from.peer !== this.config.mainId)
      throw new Error(`${from.peer} may not ask this realm for ${name}.`)
    if (name === 'shutdown' && this.node !== undefined) return this.shutdown()
    switch (name) {
      case 'createActor':
        return this.callee!.actors.create(payload as CreateActor)
      case 'dismissActor':
        return this.callee!.actors.dismiss(String(payload))
      case 'settleCalls':
        return this.actors.settleCalls(String(payload))
      case 'dropActor':
        return this.callee!.actors.drop(String(payload))
      case 'listTasks':
        return this.tasks?.list() ?? []
      case 'listObjects':
        return this.objects.list()
      case 'actorFigures':
        return this.callee?.actors.figures() ?? []
      case 'timeline':
        return this.timeline.traces(Number(payload))
      case 'handsOver':
        return this.node === undefined
          ? this.objects.handingOver(String(payload))
          : this.node.announceHere(String(payload))
      case 'leave':
        return this.callee!.leave()
      default:
        throw new RangeError(`Workers know no request ${JSON.stringify(name)}.`)
    }
  }

  onNotice(from: Link, name: string, payload: unknown): void {
    if (name === 'freeObject') return this.#freeObject(String(payload))
    if (name === 'cancelObject') return this.#cancelObject(payload as CancelOrder)
    if (this.node !== undefined) {
      if (this.cluster!.onNotice(from, name, payload)) return
      if (this.node.onNotice(from, name, payload)) return
      if (name === 'introduce') {
        const { realm, port } = payload as Introduction
        return introduce(this, from.peer, realm, port)
      }
    }
    if (this.coordinator !== undefined) {
      if (name === 'log') printLine(payload as WorkerLine)
      else if (name === 'timelineLeft') this.timeline.keep(from.peer, payload as RealmTrace)
      else this.coordinator.onNotice(from, name, payload)
    } else if (from.peer === this.config.driverId || from.peer === this.config.mainId)
      this.onCoordinatorNotice(name, payload)
  }

  // A worker of this node says it of itself, another node of one of its workers.
  async #announceHandOver(peer: RealmId, payload: unknown): Promise<void> {
    const leaving = mainOf(peer) === peer ? String(payload) : peer
    if (mainOf(leaving) === mainOf(peer)) await this.node?.announceHandOver(leaving)
  }

  onCoordinatorNotice(name: string, payload: unknown): void {
    switch (name) {
      case 'actorView':
        return this.actors.onView(payload as ActorView)
      case 'actorGone':
        return this.actors.onGone(String(payload))
      case 'leaseResumed':
        return this.callee?.tasks.resumed(String(payload))
      case 'leaseGranted':
        return this.tasks?.granted(payload as Lease)
      case 'leaseRefused': {
        const { leaseId, refusal } = payload as { leaseId: string; refusal: Refusal }
        return this.tasks?.refused(leaseId, refusal)
      }
      case 'leaseEnded': {
        const { leaseId, exit } = payload as { leaseId: string; exit: WorkerExit }
        return this.tasks?.ended(leaseId, exit)
      }
      case 'deadlock': {
        const { call, chain } = payload as { call: number; chain: string }
        return this.waits.reject(call, chain)
      }
      case 'memoryGranted':
        void this.memory.allow(Number(payload))
        return
      case 'memoryLimited':
        void this.memory.allow(Number(payload)).then((bytes) => this.#tell(this.config.mainId, 'memoryReturned', bytes))
        return
      case 'handsOver':
        return this.objects.handingOver(String(payload))
      case 'realmLost':
        return this.realmLost(String(payload))
      case 'meet': {
        const { realm, port } = payload as { realm: RealmId; port: PortLike }
        this.attach(realm, new MessagePortChannel(port))
      }
    }
  }

  // ---- calls

  /** Starting things while a worker imports a module means that the module's driver part runs again there. */
  checkMayStart(what: string): void {
    const { importing } = realmState()
    if (importing === undefined || this.isDriver || currentCallIfKnown() !== undefined) return
    throw new Error(
      `${what} was started while a worker was importing ${importing}: the driver part of that module runs again in every worker that loads it. Move the driver part to a module of its own, or guard it with if (isDriver()) { ... }.`,
    )
  }

  /** Asks the owner of a borrowed object to cancel the call that makes it. */
  cancelRemote(entry: ObjectEntry, how: { force: boolean; recursive: boolean }): void {
    const { keeper, id } = entry
    if (keeper !== this.realmId) this.linkTo(keeper).tell('cancelObject', { id, ...how })
  }

  #freeObject(id: string): void {
    const entry = this.objects.lent(id)
    if (entry !== undefined) this.objects.freeNow(entry)
  }

  #cancelObject({ id, force, recursive }: CancelOrder): void {
    const entry = this.objects.lent(id)
    try {
      entry?.cancel?.(cancelledError(id, recursive), force)
    } catch (error) {
      this.log('warn', String(error))
    }
  }

  async inCall<R>(context: CallContext, body: () => R): Promise<Awaited<R>> {
    try {
      return await enterCall(context, false, body)
    } finally {
      leaveCall(context, false)
    }
  }

  /** Something is under way (+1) or has ended (-1); a Node process stays up meanwhile. */
  busy(change: 1 | -1): void {
    this.#busyCount += change
    if (this.isDriver && (this.#busyCount === 0 || this.#busyCount === change)) host.keepAlive(this.#busyCount > 0)
  }

  lostError(realm: RealmId, reason: string): Error {
    if (this.isShutDown) return new RuntimeShutdownError('The runtime was shut down.')
    return new WorkerCrashedError(`The realm ${realm} cannot be reached: ${reason}.`, { workerId: realm, isLost: true })
  }

  isLostError(error: unknown): boolean {
    return (
      error instanceof RuntimeShutdownError ||
      (error instanceof WorkerCrashedError && (error as { isLost?: boolean }).isLost === true)
    )
  }

  log(level: 'error' | 'warn' | 'info', text: string): void {
    host.log(level, `[troupe] ${text}`)
  }

  tellDriver(name: string, payload: unknown): void {
    this.#tell(this.config.driverId, name, payload)
  }
  #tell(realm: RealmId, name: string, payload: unknown): void {
    this.#links.get(realm)?.tell(name, payload)
  }

  /** Ends everything of this realm: every promise settles, every worker ends. */
  async shutdown(why?: Error): Promise<void> {
    if (this.isShutDown) return
    this.isShutDown = true
    const error = why ?? new RuntimeShutdownError('The runtime was shut down before this was done.')
    this.waits.stop()
    this.pending?.fail(error)
    this.tasks?.failAll(error)
    this.actors.failAll(error)
    const closing = [...this.#links.values()]
    await Promise.all([this.cluster?.shutdown(), this.node?.shutdown()])
    this.coordinator?.shutDown()
    for (const link of closing) link.connection.close('the runtime was shut down')
    await this.memory.close()
    this.#busyCount = 0
    if (this.isDriver) host.keepAlive(false)
  }
}

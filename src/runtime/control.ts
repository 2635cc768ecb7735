import type { ActorView } from '../core/cluster-events.ts'
import type { GroupView } from '../core/group-record.ts'
import type { Amounts } from '../core/node-ledger.ts'
import type { WaitEdge } from '../core/wait-graph.ts'
import type { NodeView } from '../core/worker-pool.ts'
import type { Packed } from '../protocol/codec.ts'
import type { ActorId, Incarnation, NodeId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { ActorSpec, GroupSpec, HandleSpec, ResourceRequest } from '../protocol/specs.ts'
import type { FiguresOf } from './call-meter.ts'
import type { Link } from './link.ts'
import type { ObjectView } from './objects.ts'
import type { TaskView } from './task-call.ts'
import type { RealmTrace } from './timeline.ts'

/** A worker as `listWorkers` shows it. */
export interface WorkerView {
  readonly workerId: WorkerId
  readonly nodeId: string
  readonly state: string
  readonly actorIds: readonly ActorId[]
  readonly isLeased: boolean
}

/** On what terms a worker is wanted. */
export interface LeaseTerms {
  readonly waitForResources: boolean
  /** The node where the large arguments of its tasks are. */
  readonly nearNodeId?: NodeId
}

/** What becomes of a request for an actor, beside what is published of it. */
export interface CreationOutcome {
  /** `getIfExists`: this one lives already. The asker has a hold on it. */
  existing(known: HandleSpec): void
  failed(error: Error): void
}

/** What any realm may ask of the coordinator. In its own realm these are plain calls, elsewhere messages. */
export interface Control {
  /** Where the coordinator lives in this realm, a refusal is thrown at once; else it reaches `failed`. */
  createActor(spec: ActorSpec, args: Packed | undefined, outcome: CreationOutcome): void
  /** The constructor's arguments, when they were still pending at creation. */
  provideArguments(actorId: ActorId, args: Packed): void
  /** An argument of the constructor could not be computed. */
  argumentsFailed(actorId: ActorId, error: unknown): void
  /** From now on this realm is told of the actor's changes. */
  watch(actorId: ActorId): void
  grantHandle(actorId: ActorId, receiver: RealmId): void
  releaseHandle(actorId: ActorId, count: number): void
  kill(actorId: ActorId, mayRestart: boolean): void
  dismiss(actorId: ActorId): Promise<void>
  findActor(namespace: string, name: string): Promise<HandleSpec | undefined>
  requestLease(leaseId: string, request: ResourceRequest, terms: LeaseTerms): void
  returnLease(leaseId: string): void
  /** Ends the leased worker, whatever it does. */
  endLease(leaseId: string): void
  /** The task that runs here under this lease waits for others. */
  blockLease(leaseId: string): void
  /** It has what it waited for: `leaseResumed` tells when it may go on. */
  unblockLease(leaseId: string): void
  createGroup(spec: GroupSpec): void
  removeGroup(groupId: string): void
  /** Resolves when a placement group has its bundles, or never will; undefined: it is not known. */
  groupReady(groupId: string): Promise<GroupView | undefined>
  /** An actor of this realm has ended by itself, its dispose hook included. */
  actorExited(actorId: ActorId, incarnation: Incarnation): void
  /** Keeps an actor's state for its next restart. */
  saveCheckpoint(actorId: ActorId, incarnation: Incarnation, state: Packed): void
  listTasks(): Promise<readonly TaskView[]>
  listObjects(): Promise<readonly ObjectView[]>
  /** Calls of actors of this realm that have waited for a while. */
  reportWaits(edges: readonly WaitEdge[]): void
  resources(which: 'total' | 'available'): Promise<Amounts>
  listActors(): Promise<readonly ActorView[]>
  listWorkers(): Promise<readonly WorkerView[]>
  listNodes(): Promise<readonly NodeView[]>
  /** What the actors in these workers have done. */
  actorFigures(workerIds: readonly WorkerId[]): Promise<readonly FiguresOf[]>
  /** What has run since a time (milliseconds since 1970); the first is the coordinator's realm. */
  timeline(since: number): Promise<readonly RealmTrace[]>
}

/** The coordinator is in another realm: every question goes over the link to it. */
export class RemoteControl implements Control {
  readonly #link: Link

  constructor(link: Link) {
    this.#link = link
  }

  createActor(spec: ActorSpec, args: Packed | undefined, outcome: CreationOutcome): void {
    // No promise: a realm that blocks until the actor answers hears of its failure too.
    this.#link.askThen('createActor', { spec, args }, args?.transfer, {
      resolve: (known) => known !== undefined && outcome.existing(known as HandleSpec),
      reject: (error) => outcome.failed(error as Error),
    })
  }
  provideArguments(actorId: ActorId, args: Packed): void {
    this.#link.tell('provideArguments', { actorId, args }, args.transfer)
  }
  argumentsFailed(actorId: ActorId, error: unknown): void {
    this.#link.tell('argumentsFailed', { actorId, error })
  }
  watch(actorId: ActorId): void {
    this.#link.tell('watch', actorId)
  }
  grantHandle(actorId: ActorId, receiver: RealmId): void {
    this.#link.tell('grantHandle', { actorId, receiver })
  }
  releaseHandle(actorId: ActorId, count: number): void {
    this.#link.tell('releaseHandle', { actorId, count })
  }
  kill(actorId: ActorId, mayRestart: boolean): void {
    this.#link.tell('kill', { actorId, mayRestart })
  }
  dismiss(actorId: ActorId): Promise<void> {
    return this.#link.ask('dismiss', actorId)
  }
  findActor(namespace: string, name: string): Promise<HandleSpec | undefined> {
    return this.#link.ask('findActor', { namespace, name })
  }
  requestLease(leaseId: string, request: ResourceRequest, terms: LeaseTerms): void {
    this.#link.tell('requestLease', { leaseId, request, terms })
  }
  returnLease(leaseId: string): void {
    this.#link.tell('returnLease', leaseId)
  }
  blockLease(leaseId: string): void {
    this.#link.tell('blockLease', leaseId)
  }
  unblockLease(leaseId: string): void {
    this.#link.tell('unblockLease', leaseId)
  }
  endLease(leaseId: string): void {
    this.#link.tell('endLease', leaseId)
  }
  createGroup(spec: GroupSpec): void {
    this.#link.tell('createGroup', spec)
  }
  removeGroup(groupId: string): void {
    this.#link.tell('removeGroup', groupId)
  }
  groupReady(groupId: string): Promise<GroupView | undefined> {
    return this.#link.ask('groupReady', groupId)
  }
  actorExited(actorId: ActorId, incarnation: Incarnation): void {
    this.#link.tell('actorExited', { actorId, incarnation })
  }
  reportWaits(edges: readonly WaitEdge[]): void {
    this.#link.tell('reportWaits', edges)
  }
  saveCheckpoint(actorId: ActorId, incarnation: Incarnation, state: Packed): void {
    this.#link.tell('saveCheckpoint', { actorId, incarnation, state: { ...state, transfer: undefined } })
  }
  listTasks(): Promise<readonly TaskView[]> {
    return this.#link.ask('listTasks', undefined)
  }
  listObjects(): Promise<readonly ObjectView[]> {
    return this.#link.ask('listObjects', undefined)
  }
  resources(which: 'total' | 'available'): Promise<Amounts> {
    return this.#link.ask('resources', which)
  }
  listActors(): Promise<readonly ActorView[]> {
    return this.#link.ask('listActors', undefined)
  }
  listWorkers(): Promise<readonly WorkerView[]> {
    return this.#link.ask('listWorkers', undefined)
  }
  listNodes(): Promise<readonly NodeView[]> {
    return this.#link.ask('listNodes', undefined)
  }
  actorFigures(workerIds: readonly WorkerId[]): Promise<readonly FiguresOf[]> {
    return this.#link.ask('actorFigures', workerIds)
  }
  timeline(since: number): Promise<readonly RealmTrace[]> {
    return this.#link.ask('timeline', since)
  }
}

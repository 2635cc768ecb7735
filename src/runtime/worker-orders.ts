import type { ClusterCommand, ClusterEvent } from '../core/cluster-events.ts'
import type { ClusterState } from '../core/cluster-state.ts'
import type { ActorId, Incarnation, RealmId, WorkerId } from '../protocol/ids.ts'
import type { ActorLuggage } from './actor-luggage.ts'
import { Assignments } from './assignments.ts'
import { Creations } from './creations.ts'
import type { HeadSide } from './head-side.ts'
import type { Link } from './link.ts'
import type { ActorDuty } from './node-books.ts'
import type { Runtime } from './runtime.ts'
import { settleCalls } from './settle-calls.ts'

type CommandOf<T extends ClusterCommand['type']> = Extract<ClusterCommand, { readonly type: T }>

interface OrdersHost {
  readonly runtime: Runtime
  readonly nodes: HeadSide
  readonly state: ClusterState
  readonly luggage: ActorLuggage
  handle(event: ClusterEvent): void
  send(realm: RealmId, name: string, payload: unknown): void
  /** The ways to the realms that are told of an actor's changes. */
  watchersOf(actorId: ActorId): Link[]
}

/** Carries out what the coordinator wants done on workers: actors made and ended, workers lent. */
export class WorkerOrders {
  readonly #host: OrdersHost
  /** What waits for the word of its node. */
  readonly assignments: Assignments

  readonly #creations: Creations<CommandOf<'createActor'>>

  constructor(host: OrdersHost) {
    this.#host = host
    this.#creations = new Creations(host.runtime, {
      started: ({ actorId, incarnation }) => host.handle({ type: 'actorStarted', actorId, incarnation }),
      failed: (command, error) => this.#creationFailed(command, error),
    })
    this.assignments = new Assignments(host.nodes)
  }

  grantLease({ leaseId, realm, workerId, gpuIds }: CommandOf<'grantLease'>): void {
    const { allocation } = this.#host.state.placeOf(leaseId)!
    this.assignments.ask({ workerId, duty: { type: 'lease', leaseId }, allocation }, () =>
      this.#host.send(realm, 'leaseGranted', { leaseId, workerId, gpuIds }),
    )
  }

  closeLease({ leaseId, workerId }: CommandOf<'closeLease'>): void {
    this.assignments.end(workerId, { type: 'lease', leaseId })
  }

  resumeLease({ leaseId, workerId }: CommandOf<'resumeLease'>): void {
    const { allocation } = this.#host.state.placeOf(leaseId) ?? {}
    if (allocation !== undefined) this.#host.nodes.resumeLease({ workerId, leaseId, allocation })
  }

  createActor(command: CommandOf<'createActor'>): void {
    const { actorId, incarnation, workerId } = command
    const { allocation } = this.#host.state.placeOf(actorId)!
    this.assignments.ask({ workerId, duty: this.#dutyOf(actorId, incarnation), allocation }, () =>
      this.#createNow(command),
    )
  }

  #createNow(command: CommandOf<'createActor'>): void {
    const { actorId, incarnation, workerId, gpuIds } = command
    const { nodes, state, luggage } = this.#host
    const link = nodes.link(workerId)
    // It ended just now: the coordinator is about to hear of it.
    if (link === undefined) return
    const spec = state.actorSpec(actorId)!
    const isLast = spec.maxRestarts === 0
    const { transfer, ...rest } = luggage.take(actorId, isLast)
    this.#creations.send(link, { spec, incarnation, gpuIds, ...rest }, transfer, command)
    if (isLast) luggage.dropArguments(actorId)
  }

  #creationFailed({ actorId, incarnation, workerId }: CommandOf<'createActor'>, error: unknown): void {
    const { runtime } = this.#host
    // The worker itself is gone: its exit says how.
    if (runtime.isLostError(error)) return
    this.letGo(workerId, actorId, incarnation)
    const message = `its constructor failed: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`
    this.#host.handle({
      type: 'actorFailed',
      actorId,
      incarnation,
      death: { reason: 'INIT_FAILED', message, cause: runtime.values.encodeThrown(error) },
    })
  }

  dismissActor({ actorId, incarnation, workerId, death }: CommandOf<'dismissActor'>): void {
    const { nodes } = this.#host
    const ended = (): void => {
      this.letGo(workerId, actorId, incarnation)
      this.#host.handle({ type: 'actorEnded', actorId, incarnation, death })
    }
    const dismiss = (): void => void nodes.link(workerId)?.ask<void>('dismissActor', actorId).then(ended, ended)
    void settleCalls(this.#host.watchersOf(actorId), actorId).then(dismiss)
  }

  dropActor({ actorId, incarnation, workerId }: CommandOf<'dropActor'>): void {
    const dropped = (): void => {
      this.letGo(workerId, actorId, incarnation)
      this.#host.handle({ type: 'actorDropped', actorId, incarnation })
    }
    // It had not begun there.
    if (this.assignments.isAsked(workerId, this.#dutyOf(actorId, incarnation))) return dropped()
    this.#host.nodes.link(workerId)?.ask<void>('dropActor', actorId).then(dropped, dropped)
  }

  /**
   * An actor that shared its worker is not there any more. Its node is told before the core, so that it has room for what
   * is placed there next. What an actor with a worker of its own has is free when that is gone.
   */
  letGo(workerId: WorkerId, actorId: ActorId, incarnation: Incarnation): void {
    const duty = this.#dutyOf(actorId, incarnation)
    if (duty.isLight) this.assignments.end(workerId, duty)
  }

  #dutyOf(actorId: ActorId, incarnation: Incarnation): ActorDuty {
    const isLight = this.#host.state.actorSpec(actorId)?.isolation === 'shared'
    return { type: 'actor', actorId, incarnation, isLight }
  }
}

import type { ActorView } from '../core/cluster-events.ts'
import type { Packed } from '../protocol/codec.ts'
import { ActorDiedError } from '../protocol/errors.ts'
import type { ActorId, Incarnation, RealmId } from '../protocol/ids.ts'
import { type CallMeta, Op } from '../protocol/messages.ts'
import type { ActorSpec, HandleSpec } from '../protocol/specs.ts'
import { ActorInstance } from './actor-instance.ts'
import type { FiguresOf } from './call-meter.ts'
import type { Link } from './link.ts'
import { loadDefinition } from './load-definition.ts'
import { probe } from './probe.ts'
import { RemoteActor } from './remote-actor.ts'
import type { Runtime } from './runtime.ts'

/** What a worker is told to make an actor of. */
export interface CreateActor {
  readonly spec: ActorSpec
  readonly incarnation: Incarnation
  readonly gpuIds: readonly number[]
  readonly args: Packed
  /** The last checkpoint, for a restart. */
  readonly state?: Packed
}

/** The actors this realm calls, and the ones that live in it. */
export class Actors {
  readonly #runtime: Runtime
  readonly #remote = new Map<ActorId, RemoteActor>()
  readonly #local = new Map<ActorId, ActorInstance>()
  #sessionCount = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** The counts of what this realm knows; all zero when nothing is held. */
  get counts(): { remote: number; local: number; pendingCalls: number } {
    let pendingCalls = 0
    for (const actor of this.#remote.values()) pendingCalls += actor.pendingCount
    return { remote: this.#remote.size, local: this.#local.size, pendingCalls }
  }

  // ---- the caller's side

  /** An actor that this realm creates; its creator has one hold from the start. */
  created(spec: HandleSpec): RemoteActor {
    const actor = new RemoteActor(this.#runtime, spec, { grantCount: 1, session: this.#sessionCount++ })
    this.#remote.set(spec.actorId, actor)
    return actor
  }

  /** A handle arrived, and with it a hold. */
  adopt(spec: HandleSpec): RemoteActor {
    let actor = this.#remote.get(spec.actorId)
    if (actor === undefined) {
      actor = new RemoteActor(this.#runtime, spec, { grantCount: 0, session: this.#sessionCount++ })
      this.#remote.set(spec.actorId, actor)
      this.#runtime.control.watch(spec.actorId)
    }
    actor.addGrant()
    return actor
  }

  forget(actor: RemoteActor): void {
    if (this.#remote.get(actor.spec.actorId) === actor) this.#remote.delete(actor.spec.actorId)
  }

  /** Resolves when the calls that this realm has made on an actor are answered. */
  async settleCalls(actorId: ActorId): Promise<void> {
    await this.#remote.get(actorId)?.idle()
  }

  onView(view: ActorView): void {
    this.#remote.get(view.actorId)?.update(view)
  }

  /** The coordinator does not know it (any more). */
  onGone(actorId: ActorId): void {
    this.#remote
      .get(actorId)
      ?.fail(new ActorDiedError(`The actor ${actorId} is dead; it ended a while ago.`, { actorId }))
  }

  failAll(error: Error): void {
    for (const actor of this.#remote.values()) actor.fail(error)
  }

  // ---- the callee's side

  instance(actorId: ActorId): ActorInstance | undefined {
    return this.#local.get(actorId)
  }

  /** What the actors of this realm have done. */
  figures(): FiguresOf[] {
    return [...this.#local.values()].map(({ actorId, figures }) => ({ actorId, figures }))
  }

  /** The only actor of this realm, when there is just one. */
  onlyInstance(): ActorInstance | undefined {
    if (this.#local.size !== 1) return undefined
    for (const instance of this.#local.values()) return instance
    return undefined
  }

  async create({ spec, incarnation, gpuIds, args, state }: CreateActor): Promise<void> {
    const definition = await loadDefinition(spec.definition, 'actor')
    if (incarnation > 0) probe.at?.('restart', spec.handle.actorId)
    const instance = new ActorInstance(this.#runtime, spec, incarnation, gpuIds)
    await instance.construct(definition, this.#runtime.values.open(args) as unknown[])
    if (state !== undefined) await instance.restore(state)
    this.#local.set(spec.handle.actorId, instance)
  }

  async dismiss(actorId: ActorId): Promise<void> {
    const instance = this.#local.get(actorId)
    if (instance === undefined) return
    await instance.dismiss()
    this.#local.delete(actorId)
  }

  drop(actorId: ActorId): void {
    this.#local.get(actorId)?.drop()
    this.#local.delete(actorId)
  }

  /** A realm has ended: no call will come from it any more. */
  forgetCaller(realm: RealmId): void {
    for (const instance of this.#local.values()) instance.forgetCaller(realm)
  }

  async dismissAll(): Promise<void> {
    await Promise.all([...this.#local.keys()].map((actorId) => this.dismiss(actorId)))
  }

  onCall(link: Link, batch: readonly unknown[], at: number): void {
    const callId = batch[at] as number
    const instance = this.#local.get(batch[at + 1] as string)
    if (instance === undefined || instance.incarnation !== batch[at + 2]) {
      this.#runtime.values.release(this.#runtime.values.fromWire(batch[at + 7]))
      link.connection.send(Op.lost, callId, 'the actor is not here any more')
      return
    }
    instance.accept(batch[at + 3] as number, batch[at + 4] as number, {
      link,
      callId,
      method: String(batch[at + 5]),
      args: batch[at + 6],
      specials: batch[at + 7],
      meta: batch[at + 8] as CallMeta | undefined,
      isStarted: false,
      isListed: false,
    })
  }
}

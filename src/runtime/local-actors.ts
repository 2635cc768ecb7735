import type { Packed } from '../protocol/codec.ts'
import type { ActorId, Incarnation, RealmId } from '../protocol/ids.ts'
import { type CallMeta, Op } from '../protocol/messages.ts'
import type { ActorSpec } from '../protocol/specs.ts'
import { ActorInstance, ActorKind, type InstanceTerms } from './actor-instance.ts'
import type { FiguresOf } from './call-meter.ts'
import type { Link } from './link.ts'
import { loadDefinition, loadedDefinition } from './load-definition.ts'
import { probe } from './probe.ts'
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

/** The actors that live in this realm. */
export class LocalActors {
  readonly #runtime: Runtime
  readonly #local = new Map<ActorId, ActorInstance>()
  #lastKind: ActorKind | undefined

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  get count(): number {
    return this.#local.size
  }

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

  /** An actor of plain arguments: made and answered at once when its class is here and needs nobody to wait for. */
  onCreate(link: Link, batch: readonly unknown[], at: number): void {
    const callId = batch[at] as number
    const kind = this.#kindOf(batch[at + 1] as ActorSpec)
    const actorId = batch[at + 2] as ActorId
    const terms = { actorId, incarnation: batch[at + 3] as Incarnation, gpuIds: batch[at + 4] as readonly number[] }
    const args = batch[at + 5] as unknown[]
    const definition = loadedDefinition(kind.spec.definition, 'actor')
    if (definition !== undefined && definition.defaults['create'] === undefined) {
      const instance = this.#begin(kind, terms)
      instance.constructNow(definition, args)
      this.#local.set(actorId, instance)
      link.connection.send(Op.value, callId, undefined, undefined)
      return
    }
    this.#create(kind, terms, args).then(
      () => link.connection.send(Op.value, callId, undefined, undefined),
      (error: unknown) => link.replyError(callId, this.#runtime.values.packThrown(error)),
    )
  }

  async create({ spec, incarnation, gpuIds, args, state }: CreateActor): Promise<void> {
    const { actorId } = spec.handle
    await loadDefinition(spec.definition, 'actor')
    const opened = this.#runtime.values.open(args) as unknown[]
    await this.#create(new ActorKind(spec), { actorId, incarnation, gpuIds }, opened, state)
  }

  async #create(kind: ActorKind, terms: InstanceTerms, args: unknown[], state?: Packed): Promise<void> {
    const definition = await loadDefinition(kind.spec.definition, 'actor')
    const instance = this.#begin(kind, terms)
    await instance.construct(definition, args)
    if (state !== undefined) await instance.restore(state)
    this.#local.set(terms.actorId, instance)
  }

  #begin(kind: ActorKind, terms: InstanceTerms): ActorInstance {
    if (terms.incarnation > 0) probe.at?.('restart', terms.actorId)
    return new ActorInstance(this.#runtime, kind, terms)
  }

  // In one message the spec of those made alike is one object.
  #kindOf(spec: ActorSpec): ActorKind {
    if (this.#lastKind?.spec !== spec) this.#lastKind = new ActorKind(spec)
    return this.#lastKind
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

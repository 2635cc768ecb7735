import type { ActorView } from '../core/cluster-events.ts'
import { ActorDiedError } from '../protocol/errors.ts'
import type { ActorId } from '../protocol/ids.ts'
import type { HandleSpec } from '../protocol/specs.ts'
import { RemoteActor } from './remote-actor.ts'
import type { Runtime } from './runtime.ts'

/** The actors this realm calls. */
export class Actors {
  readonly #runtime: Runtime
  readonly #remote = new Map<ActorId, RemoteActor>()
  #sessionCount = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** The counts of what this realm knows; all zero when nothing is held. */
  get counts(): { remote: number; pendingCalls: number } {
    let pendingCalls = 0
    for (const actor of this.#remote.values()) pendingCalls += actor.pendingCount
    return { remote: this.#remote.size, pendingCalls }
  }

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
}

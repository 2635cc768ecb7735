import { type WaitEdge, WaitGraph } from '../core/wait-graph.ts'
import type { ActorId, RealmId } from '../protocol/ids.ts'
import { actorLabel } from './realm-names.ts'

interface CircleHost {
  classNameOf(actorId: ActorId): string | undefined
  /** A circle has closed; `newest` is the call that closed it, as its realm numbers it. */
  found(chain: string, newest: { realm: RealmId; call: number }): void
}

/** Calls of actors that wait for each other in a circle, as all realms together see them. */
export class Circles {
  readonly #graph = new WaitGraph()
  readonly #host: CircleHost

  constructor(host: CircleHost) {
    this.#host = host
  }

  /** What a realm's actors have waited for, for a while. */
  report(realm: RealmId, edges: readonly WaitEdge[]): void {
    const label = (actorId: ActorId): string => actorLabel(this.#host.classNameOf(actorId) ?? 'actor', actorId)
    for (const cycle of this.#graph.report(realm, edges)) {
      const chain = cycle.map(({ from, to, method }) => `${label(from)} waits for ${label(to)}.${method}()`).join(', ')
      this.#host.found(
        chain,
        cycle.reduce((last, edge) => (edge.call >= last.call ? edge : last)),
      )
    }
  }

  /** A realm is gone, and its waits with it. */
  realmLost(realm: RealmId): void {
    this.#graph.realmLost(realm)
  }
}

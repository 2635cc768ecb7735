import type { ActorId, RealmId } from '../protocol/ids.ts'

/** A call an actor has made and that is not answered yet. */
export interface WaitEdge {
  readonly from: ActorId
  readonly to: ActorId
  readonly method: string
  /** Names the call in the realm that made it; grows with time. */
  readonly call: number
}

/** An edge and the realm that reported it. */
export interface RealmEdge extends WaitEdge {
  readonly realm: RealmId
}

/**
 * Who has waited for whom for a while, and the circles in it. A circle is a suspicion only: a method may have made the
 * call without waiting for it.
 */
export class WaitGraph {
  readonly #edges = new Map<RealmId, readonly RealmEdge[]>()
  readonly #told = new Set<string>()

  /** Takes a realm's long waits in, and gives the circles not told of before. */
  report(realm: RealmId, edges: readonly WaitEdge[]): RealmEdge[][] {
    this.#edges.set(
      realm,
      edges.map((edge) => ({ ...edge, realm })),
    )
    const fresh: RealmEdge[][] = []
    for (const edge of this.#edges.get(realm)!) {
      const cycle = this.#pathBack(edge)
      if (cycle === undefined) continue
      const key = cycle
        .map(({ realm: at, call }) => `${at}/${call}`)
        .sort()
        .join(' ')
      if (this.#told.has(key)) continue
      this.#told.add(key)
      fresh.push(cycle)
    }
    return fresh
  }

  realmLost(realm: RealmId): void {
    this.#edges.delete(realm)
  }

  #pathBack(start: RealmEdge): RealmEdge[] | undefined {
    const seen = new Set<ActorId>()
    const visit = (edge: RealmEdge, path: RealmEdge[]): RealmEdge[] | undefined => {
      const here = [...path, edge]
      if (edge.to === start.from) return here
      if (seen.has(edge.to)) return undefined
      seen.add(edge.to)
      for (const edges of this.#edges.values()) {
        for (const next of edges) {
          const found = next.from === edge.to ? visit(next, here) : undefined
          if (found !== undefined) return found
        }
      }
      return undefined
    }
    return visit(start, [])
  }
}

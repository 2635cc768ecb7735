/** What a realm holds of actors, calls and objects. */
export interface RealmCounts {
  /** Actors it has handles to, and actors that live in it. */
  readonly remote: number
  readonly local: number
  readonly pendingCalls: number
  /** Its own objects that others hold, and objects of others that it holds. */
  readonly lent: number
  readonly borrowed: number
}

interface RealmState {
  readonly runtime?: {
    readonly actors: { readonly counts: Pick<RealmCounts, 'remote' | 'pendingCalls'> }
    readonly callee?: { readonly actors: { readonly count: number } }
    readonly objects: { readonly counts: Pick<RealmCounts, 'lent' | 'borrowed'> }
  }
}

/** The counts of this realm, from inside the library. */
export function countsOfRealm(): RealmCounts {
  const { runtime } = (globalThis as unknown as Record<symbol, RealmState>)[Symbol.for('troupe')]!
  return { ...runtime!.actors.counts, local: runtime!.callee?.actors.count ?? 0, ...runtime!.objects.counts }
}

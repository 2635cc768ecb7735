import type { ObjectId, RealmId } from '../protocol/ids.ts'
import { SharedBell } from './bell.ts'
import type { BlockedFor } from './blocking.ts'
import type { Link } from './link.ts'
import type { ObjectEntry } from './object-entry.ts'
import type { Runtime } from './runtime.ts'

/** What alone can end a wait: a realm, by running a call; or by having the object that it keeps. */
export interface WaitTarget {
  readonly realm: RealmId
  readonly objectId?: ObjectId
}

/**
 * A search for a circle of realms that block for each other. Each passes it on to the one that it blocks for; when it
 * comes back to its origin, and that still blocks for the same, none of them will ever go on.
 */
export interface Probe {
  readonly origin: RealmId
  /** Which wait of the origin. */
  readonly number: number
  readonly labels: readonly string[]
  readonly realms: readonly RealmId[]
  /** The receiver keeps this object: the search goes on at the call that makes it. */
  readonly objectId?: ObjectId
}

/** Sends a search on its way. */
export function sendProbe(runtime: Runtime, { realm, objectId }: WaitTarget, probe: Probe): void {
  runtime.linkTo(realm).tell('circle', objectId === undefined ? probe : { ...probe, objectId })
}

/** What a realm that blocks tells this one. False: this is something else. */
export function hearBlocked(runtime: Runtime, link: Link, name: string, payload: unknown): boolean {
  if (name === 'bell') {
    const bell = new SharedBell(payload as SharedArrayBuffer)
    link.connection.bell = bell
    // What was sent before this came.
    bell.ring()
    return true
  }
  if (name !== 'circle') return false
  const probe = payload as Probe
  const { blocking } = runtime
  if (probe.origin === runtime.realmId && probe.objectId === undefined) {
    blocking?.cameBack(probe)
    return true
  }
  const next = nextOf(runtime, probe, blocking?.blockedFor)
  if (next !== undefined) sendProbe(runtime, next.target, next.probe)
  return true
}

// Undefined when the search ends here: this realm can still do something.
function nextOf(
  runtime: Runtime,
  probe: Probe,
  blockedFor: BlockedFor | undefined,
): { target: WaitTarget; probe: Probe } | undefined {
  const { objectId, ...rest } = probe
  if (objectId !== undefined) {
    const entry = runtime.objects.lent(objectId)
    const callee = entry?.isSettled === false ? entry.maker?.callee : undefined
    if (callee === undefined) return undefined
    if (callee !== runtime.realmId) return { target: { realm: callee }, probe: rest }
  }
  const target = blockedFor?.target()
  // A circle that its origin is no part of is another's to find.
  if (blockedFor === undefined || target === undefined || probe.realms.includes(runtime.realmId)) return undefined
  const labels = [...probe.labels, blockedFor.label]
  return { target, probe: { ...rest, labels, realms: [...probe.realms, runtime.realmId] } }
}

/**
 * What alone can end a wait for all of these. A call that only this realm could run settles it; of others, there must
 * be no second one, whose error would end the wait too.
 */
export function targetOf(runtime: Runtime, entries: readonly ObjectEntry[]): WaitTarget | undefined {
  const open = entries.filter((entry) => !entry.isSettled)
  const targets = open.map((entry): WaitTarget | undefined => {
    if (entry.keeper !== runtime.realmId) return { realm: entry.keeper, objectId: entry.id }
    const callee = entry.maker?.callee
    return callee === undefined ? undefined : { realm: callee }
  })
  const own = targets.find((target) => target?.realm === runtime.realmId)
  if (own !== undefined) return own
  const first = targets[0]
  const isOnlyOne = targets.every((target) => target?.realm === first?.realm && target?.objectId === first?.objectId)
  return isOnlyOne ? first : undefined
}

/** Names of things that cross realms. They are plain strings; the aliases say which thing is meant. */

/** One page or one Node process. */
export type NodeId = string
/** One JavaScript realm that can run code: the driver of a node, or one of its workers. */
export type RealmId = string
/** A worker realm. Every worker id is a realm id. */
export type WorkerId = RealmId
export type ActorId = string
/** `<owner realm>:<number>`; the owner can be read from it. */
export type ObjectId = string
export type TaskId = string
/** Counts the lives of one actor: 0 for the first, +1 at every restart. */
export type Incarnation = number

/** The main realm of a realm's node: workers are called `<node>.w<number>`. */
export function mainOf(realm: RealmId): RealmId {
  const at = realm.lastIndexOf('.w')
  if (at < 0 || at + 2 === realm.length) return realm
  for (let i = at + 2; i < realm.length; i++) {
    const digit = realm.charCodeAt(i)
    if (digit < 48 || digit > 57) return realm
  }
  return realm.slice(0, at)
}

/** The realm that owns an object. */
/** Whether an object stays on a device of the realm that made it: its id says so to everybody. */
export function isOnDevice(objectId: ObjectId): boolean {
  return objectId.endsWith(deviceMark)
}
/** The end of the ids of such objects. */
export const deviceMark = '~gpu'

export function ownerOf(objectId: ObjectId): RealmId {
  return objectId.slice(0, objectId.lastIndexOf(':'))
}

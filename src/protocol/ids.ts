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
  return realm.replace(/\.w\d+$/, '')
}

/** The realm that owns an object. */
export function ownerOf(objectId: ObjectId): RealmId {
  return objectId.slice(0, objectId.lastIndexOf(':'))
}

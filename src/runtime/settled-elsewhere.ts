import type { ObjectId } from '../protocol/ids.ts'
import { Op } from '../protocol/messages.ts'
import type { Link } from './link.ts'
import type { ObjectEntry } from './object-entry.ts'
import type { Runtime } from './runtime.ts'

/** Borrowed objects that are known to have a value or an error where they live; others have been asked about. */
const settled = new WeakSet<ObjectEntry>()
const waiters = new WeakMap<ObjectEntry, (() => void)[]>()

/** The object has a value or an error, here or at its owner. */
export function isSettledSomewhere(entry: ObjectEntry): boolean {
  return entry.isSettled || settled.has(entry)
}

/** Calls back when the object has a value or an error at its owner, or the owner is gone. The value is not fetched. */
export function whenSettledSomewhere(entry: ObjectEntry, then: () => void): void {
  if (isSettledSomewhere(entry)) return then()
  const { runtime } = entry
  if (entry.keeper === runtime.realmId || entry.isFetching) {
    // What went with its owner is told so.
    runtime.objects.fetch(entry)
    return entry.whenSettled(then)
  }
  const waiting = waiters.get(entry)
  if (waiting !== undefined) {
    waiting.push(then)
    return
  }
  waiters.set(entry, [then])
  const told = (): void => {
    settled.add(entry)
    const waiting = waiters.get(entry) ?? []
    waiters.delete(entry)
    for (const wake of waiting) wake()
  }
  runtime.linkTo(entry.keeper).request(Op.settled, [entry.id], { onValue: told, onError: told, onLost: told })
}

/** Answers another realm that waits for an object of ours: without its value. What is not here any more is settled. */
export function tellWhenSettled(runtime: Runtime, link: Link, callId: number, id: ObjectId): void {
  const tell = (): void => link.connection.send(Op.value, callId, undefined, undefined)
  const entry = runtime.objects.lent(id)
  if (entry === undefined) tell()
  else entry.whenSettled(tell)
}

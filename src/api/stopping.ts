import { TaskCancelledError } from '../protocol/errors.ts'
import { checkBoolean, checkKeys } from '../runtime/checks.ts'
import { currentCall } from '../runtime/context.ts'
import { entryOf, isObjectRef } from '../runtime/object-ref.ts'
import type { ObjectRef } from './types/references.ts'

/**
 * Cancels the call that makes the object. One that has not started never runs; a running one sees
 * `runtimeContext().signal` abort; its ref rejects with TaskCancelledError at once. A finished one keeps its value.
 * `force` ends the worker of a running task.
 */
export function cancel(ref: ObjectRef<unknown>, options: { force?: boolean } = {}): void {
  if (!isObjectRef(ref)) throw new TypeError(`cancel() takes an ObjectRef, not ${typeof ref}.`)
  checkKeys(options, ['force'], 'cancel')
  checkBoolean(options.force, 'force', 'cancel')
  const entry = entryOf(ref)
  if (entry === undefined || entry.isSettled) return
  const error = new TaskCancelledError(`The call that makes ${ref.id} was cancelled.`, { objectId: ref.id })
  if (entry.cancel !== undefined) entry.cancel(error, options.force === true)
  else entry.runtime.cancelRemote(entry, options.force === true)
}

/** Ends the actor whose method calls it, after its dispose hook; it is not restarted. What is queued is rejected. */
export function exitActor(): never {
  const leave = currentCall()?.exitActor
  if (leave === undefined)
    throw new TypeError('exitActor() ends the actor whose method calls it; here no actor method runs.')
  return leave()
}

import { cancelledError } from '../runtime/call-abort.ts'
import { checkBoolean, checkKeys } from '../runtime/checks.ts'
import { currentCall } from '../runtime/context.ts'
import { entryOf, isObjectRef } from '../runtime/object-ref.ts'
import type { ObjectRef } from './types/references.ts'

/**
 * Cancels the call that makes the object. One that has not started never runs; a running one sees
 * `runtimeContext().signal` abort; its ref rejects with TaskCancelledError at once. A finished one keeps its value.
 * The calls it has made and still waits for are cancelled with it, and theirs; with `recursive: false` they go on.
 * `force` ends the worker of a running task, and with it the tasks it has submitted.
 */
export function cancel(ref: ObjectRef<unknown>, options: { force?: boolean; recursive?: boolean } = {}): void {
  if (!isObjectRef(ref)) throw new TypeError(`cancel() takes an ObjectRef, not ${typeof ref}.`)
  checkKeys(options, ['force', 'recursive'], 'cancel')
  checkBoolean(options.force, 'force', 'cancel')
  checkBoolean(options.recursive, 'recursive', 'cancel')
  const entry = entryOf(ref)
  if (entry === undefined || entry.isSettled) return
  const { force = false, recursive = true } = options
  if (entry.cancel !== undefined) entry.cancel(cancelledError(ref.id, recursive), force)
  else entry.runtime.cancelRemote(entry, { force, recursive })
}

/** Ends the actor whose method calls it, after its dispose hook; it is not restarted. What is queued is rejected. */
export function exitActor(): never {
  const leave = currentCall()?.exitActor
  if (leave === undefined)
    throw new TypeError('exitActor() ends the actor whose method calls it; here no actor method runs.')
  return leave()
}

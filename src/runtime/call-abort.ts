import { TaskCancelledError } from '../protocol/errors.ts'
import type { ObjectId } from '../protocol/ids.ts'

/** A call that the running call has made and that is not answered yet. */
export interface ChildCall {
  readonly isDone: boolean
  cancel(reason: unknown): void
  onDone(then: () => void): void
}

/**
 * How a running call is told that its caller has given it up: its signal aborts, and the calls it has made end with it.
 * Both are made when they are first needed; most calls need neither.
 */
export class CallAbort {
  #controller: AbortController | undefined
  #children: Set<ChildCall> | undefined

  get signal(): AbortSignal {
    return this.#own().signal
  }

  /** A reason that says `recursive: false` leaves the calls it has made alone. */
  abort(reason: unknown): void {
    // Taken first: what a listener of the signal starts, to clean up, goes on.
    const children = this.#children
    this.#children = undefined
    this.#own().abort(reason)
    if (children === undefined || !isRecursive(reason)) return
    for (const child of children)
      child.cancel(new TaskCancelledError('The call that made this one was cancelled.', { cause: reason }))
  }

  /** The running call has made this one. */
  adopt(child: ChildCall): void {
    if (child.isDone) return
    const children = (this.#children ??= new Set())
    children.add(child)
    child.onDone(() => children.delete(child))
  }

  #own(): AbortController {
    return (this.#controller ??= new AbortController())
  }
}

/** What `cancel(ref)` rejects with. It says itself whether the calls made by the cancelled one end too. */
export function cancelledError(objectId: ObjectId, isRecursive: boolean): TaskCancelledError {
  const text = `The call that makes ${objectId} was cancelled.`
  return new TaskCancelledError(text, { objectId, ...(isRecursive ? {} : { recursive: false }) })
}

function isRecursive(reason: unknown): boolean {
  return !(reason instanceof TaskCancelledError && (reason as { recursive?: unknown }).recursive === false)
}

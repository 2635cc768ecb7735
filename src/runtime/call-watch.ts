import { TaskTimeoutError } from '../protocol/errors.ts'
import { Op } from '../protocol/messages.ts'
import type { ChildCall } from './call-abort.ts'
import type { CallOptions } from './call-options.ts'
import { currentCallIfKnown } from './context.ts'
import type { Link } from './link.ts'

interface WatchedCall extends ChildCall {
  timeOut(error: Error): void
}

/** How long a worker may keep silent before it counts as stuck. */
const graceMs = 1000

/** Calls back when the other side does not answer a ping in time: its thread runs something that never ends. */
export function whenStuck({ connection }: Link, then: () => void): void {
  const heard = connection.heardCount
  connection.send(Op.ping)
  setTimeout(() => {
    if (!connection.isClosed && connection.heardCount === heard) then()
  }, graceMs)
}

/** Ends a call for its caller when its `timeout` is over, its `signal` aborts, or the call that made it is cancelled. */
export function watchCall(call: WatchedCall, options: CallOptions | undefined, name: string): void {
  currentCallIfKnown()?.abort.adopt(call)
  if (options === undefined || call.isDone) return
  const { timeout, signal } = options
  if (timeout !== undefined && timeout !== Number.POSITIVE_INFINITY) {
    const timer = setTimeout(
      () => call.timeOut(new TaskTimeoutError(`${name} did not answer within ${timeout} ms.`, { timeout })),
      timeout,
    )
    call.onDone(() => clearTimeout(timer))
  }
  if (signal !== undefined) {
    const abort = (): void => call.cancel(signal.reason)
    signal.addEventListener('abort', abort)
    call.onDone(() => signal.removeEventListener('abort', abort))
  }
}

import { TaskTimeoutError } from '../protocol/errors.ts'
import type { CallOptions } from './call-options.ts'

interface Cancellable {
  readonly isDone: boolean
  cancel(reason: unknown): void
  onDone(then: () => void): void
}

/** Ends a call for its caller when its `timeout` is over or its `signal` aborts. */
export function watchCall(call: Cancellable, options: CallOptions | undefined, name: string): void {
  const { timeout, signal } = options ?? {}
  if (timeout !== undefined && timeout !== Number.POSITIVE_INFINITY) {
    const timer = setTimeout(
      () => call.cancel(new TaskTimeoutError(`${name} did not answer within ${timeout} ms.`, { timeout })),
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

import { host } from '#host'
import { ContextLostError } from '../protocol/errors.ts'
import type { Incarnation } from '../protocol/ids.ts'
import type { ContextStorage } from '../protocol/platform.ts'
import type { ResourceRequest } from '../protocol/specs.ts'
import type { CallAbort } from './call-abort.ts'
import type { Runtime } from './runtime.ts'

/** The call that is running. */
export interface CallContext {
  readonly runtime: Runtime
  readonly actorId?: string
  readonly className?: string
  readonly taskId: string
  readonly method: string
  readonly gpuIds: readonly number[]
  /** What it holds of the node. */
  readonly request?: ResourceRequest
  /** Which life of the actor this is. */
  readonly incarnation?: Incarnation
  /** Which call of that life. */
  readonly callNumber?: number
  readonly abort: CallAbort
  /** Ends the actor when the running method is left. */
  readonly exitActor?: () => never
  readonly attempt: number
  /** What its GPU has refused meanwhile: the call fails with it when it is done. */
  failure?: Error | undefined
  /** A task: it has ended. */
  isOver?: boolean
  /** The lease a task runs under. */
  readonly leaseId?: string
  /** What a task came by: handles it created, refs and handles among its arguments. Given up when it ends. */
  readonly scope?: Disposable[]
}

const storage: ContextStorage<CallContext> = host.createContext<CallContext>()

// Where the platform forgets the call at an await: the one call a realm runs keeps it; of several, none can.
let sticky: CallContext | undefined
let interleavingCount = 0

/** The call that is running, or undefined outside of calls. Throws ContextLostError where it cannot be known. */
export function currentCall(): CallContext | undefined {
  const call = storage.current() ?? sticky
  if (call === undefined && interleavingCount > 0) {
    throw new ContextLostError(
      'Which call is running cannot be known after an await in an actor that runs several calls at once (this platform has no async context). Take const ctx = runtimeContext() before the first await and use ctx.',
    )
  }
  return call
}

/** Like `currentCall`, but undefined where it cannot be known. */
export function currentCallIfKnown(): CallContext | undefined {
  return storage.current() ?? sticky
}

/** Runs a call's body. `isAlone`: the realm runs one call at a time, so the context holds until `done`. */
export function enterCall<R>(call: CallContext, isAlone: boolean, body: () => R): R {
  if (!storage.survivesAwait) {
    if (isAlone) sticky = call
    else interleavingCount++
  }
  return storage.run(call, body)
}

/** The call has ended. */
export function leaveCall(call: CallContext, isAlone: boolean): void {
  if (storage.survivesAwait) return
  if (!isAlone) interleavingCount--
  else if (sticky === call) sticky = undefined
}

/** Runs what belongs to no call, though a call's code led here. */
export function outsideCalls<R>(body: () => R): R {
  return storage.run(undefined as never, body)
}

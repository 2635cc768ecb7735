import { host } from '#host'
import { describeRequest } from '../core/demand.ts'
import { createHandle } from '../runtime/actor-handle.ts'
import { type CallContext, currentCall } from '../runtime/context.ts'
import { requireRuntime } from './current.ts'
import type { AnyActorHandle } from './types/actors.ts'

/** Where the running code is. Take it before the first await where calls interleave. */
export interface RuntimeContext {
  readonly nodeId: string
  /** The worker's id; in the driver the node's own. */
  readonly workerId: string
  /** The id of the thread in Node; undefined in browsers. */
  readonly threadId: number | undefined
  readonly isDriver: boolean
  /** The actor whose method runs. */
  readonly actorId: string | undefined
  /** The task or actor call that runs. */
  readonly taskId: string | undefined
  readonly method: string | undefined
  readonly namespace: string
  /** How often the running task was tried before. */
  readonly attempt: number
  readonly gpuIds: readonly number[]
  /** What the actor or task holds while it runs, by name (`CPU`, `GPU`, custom ones); empty outside of them. */
  readonly assignedResources: Readonly<Record<string, number>>
  /** The actor was restarted: this is not its first life. */
  readonly wasCurrentActorReconstructed: boolean
  /** Aborts when the caller cancels the call or its time is over. */
  readonly signal: AbortSignal
  /** A handle to the actor itself. */
  readonly currentActor: AnyActorHandle
}

const never: AbortSignal = new AbortController().signal

/** The context of the running call, or of the driver. */
export function runtimeContext(): RuntimeContext {
  const call = currentCall()
  const runtime = call?.runtime ?? requireRuntime()
  return {
    nodeId: runtime.nodeId,
    workerId: runtime.realmId,
    threadId: host.threadId,
    isDriver: runtime.isDriver,
    actorId: call?.actorId,
    taskId: call?.taskId,
    method: call?.method,
    namespace: runtime.config.namespace,
    attempt: call?.attempt ?? 0,
    gpuIds: call?.gpuIds ?? [],
    assignedResources: call?.request === undefined ? {} : describeRequest(call.request),
    wasCurrentActorReconstructed: (call?.incarnation ?? 0) > 0,
    signal: call?.abort.signal ?? never,
    get currentActor() {
      return ownHandle(call)
    },
  }
}

function ownHandle(call: CallContext | undefined): AnyActorHandle {
  const instance = call?.actorId === undefined ? undefined : call.runtime.callee?.actors.instance(call.actorId)
  if (call === undefined || instance === undefined)
    throw new TypeError('currentActor is there in the methods of an actor; here no actor method runs.')
  call.runtime.control.grantHandle(instance.actorId, call.runtime.realmId)
  return createHandle(call.runtime.actors.adopt(instance.handle)) as AnyActorHandle
}

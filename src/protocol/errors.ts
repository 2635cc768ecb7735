/** Facts about an error, as fields of it. */
export type ErrorFacts = Readonly<Record<string, unknown>>

/** Where a task or call ran when it threw: `error.task` of everything caught from a remote call. */
export interface TaskFacts {
  readonly taskId?: string
  readonly actorId?: string
  readonly className?: string
  /** The method of an actor, or the name of a task. */
  readonly method?: string
  readonly workerId?: string
  readonly nodeId?: string
  /** The stack as the worker saw it. */
  readonly remoteStack?: string
}

const troupeBrand: unique symbol = Symbol.for('troupe.error') as never
const taskBrand: unique symbol = Symbol.for('troupe.task') as never

/** The classes of this module, by the names of their errors. */
export const ownErrors: ReadonlyMap<string, { readonly prototype: object }> = new Map()

function brand(cls: { readonly prototype: object }, name: string, code: string): void {
  ;(ownErrors as Map<string, object>).set(name, cls)
  for (const [key, value] of [
    ['name', name],
    ['code', code],
    [troupeBrand, name],
  ] as const) {
    Object.defineProperty(cls.prototype, key, { value, writable: true, configurable: true })
  }
}

function isBranded(value: unknown, key: symbol): boolean {
  return typeof value === 'object' && value !== null && key in value
}

function setFacts(error: object, facts: ErrorFacts | undefined): void {
  for (const [key, value] of Object.entries(facts ?? {})) {
    Object.defineProperty(error, key, { value, enumerable: key !== 'cause', writable: true, configurable: true })
  }
}

/** The root of everything Troupe itself throws. `instanceof` works by brand, also for the ones that extend TypeError. */
export class TroupeError extends Error {
  declare readonly code: string
  constructor(message: string, facts?: ErrorFacts) {
    super(message)
    setFacts(this, facts)
  }
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this === TroupeError) return isBranded(value, troupeBrand) || isBranded(value, taskBrand)
    return Function.prototype[Symbol.hasInstance].call(this, value)
  }
  static {
    brand(this, 'TroupeError', 'TROUPE')
  }
}

/**
 * Something thrown by a remote method or task. What you catch is an instance of the original class when that is known;
 * `instanceof TaskError` recognises it all the same, and `error.task` says where it ran.
 */
export class TaskError extends TroupeError {
  declare readonly task: TaskFacts
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this === TaskError && isBranded(value, taskBrand)) return true
    return Function.prototype[Symbol.hasInstance].call(this, value)
  }
  static {
    brand(this, 'TaskError', 'TASK_ERROR')
  }
}

/** Marks an error as thrown by a remote call: it gets `task` and is then `instanceof TaskError`. */
export function markTaskError<E extends object>(error: E, facts: TaskFacts): E {
  if (!Object.isExtensible(error)) return error
  Object.defineProperty(error, 'task', { value: facts, enumerable: false, writable: true, configurable: true })
  Object.defineProperty(error, taskBrand, { value: true, enumerable: false, writable: true, configurable: true })
  return error
}

/** The facts of an error caught from a remote call. */
export function taskFactsOf(error: unknown): TaskFacts | undefined {
  return isBranded(error, taskBrand) ? (error as { task: TaskFacts }).task : undefined
}

/** The call was cancelled before it ran or while it ran. */
export class TaskCancelledError extends TroupeError {
  static {
    brand(this, 'TaskCancelledError', 'TASK_CANCELLED')
  }
}
/** The worker that ran a task ended, and no retries are left. */
export class WorkerCrashedError extends TroupeError {
  declare readonly workerId?: string
  declare readonly exitCode?: number
  static {
    brand(this, 'WorkerCrashedError', 'WORKER_CRASHED')
  }
}
/** A call on an actor could not be answered. See its two kinds. */
export class ActorError extends TroupeError {
  declare readonly actorId?: string
  declare readonly className?: string
  static {
    brand(this, 'ActorError', 'ACTOR_ERROR')
  }
}
/** The actor is dead and will not come back. */
export class ActorDiedError extends ActorError {
  /** The constructor or the `create` factory failed: the actor never lived. */
  declare readonly actorInitFailed?: boolean
  /** Why: 'KILLED', 'INTENDED_USER_EXIT', 'WORKER_DIED', 'OUT_OF_SCOPE', 'OWNER_DIED', 'INIT_FAILED', ... */
  declare readonly reason?: string
  /** Its worker ran out of memory; `cause` is an OutOfMemoryError then. */
  declare readonly isOutOfMemory?: boolean
  /** With which code its worker ended (Node). */
  declare readonly exitCode?: number
  static {
    brand(this, 'ActorDiedError', 'ACTOR_DIED')
  }
}
/** The actor's worker ended while the call was under way and the actor restarts: the call may or may not have run. */
export class ActorUnavailableError extends ActorError {
  static {
    brand(this, 'ActorUnavailableError', 'ACTOR_UNAVAILABLE')
  }
}
/** A node (page, process, peer) was lost. */
export class NodeDiedError extends TroupeError {
  static {
    brand(this, 'NodeDiedError', 'NODE_DIED')
  }
}
/** The value of a ref is gone. */
export class ObjectLostError extends TroupeError {
  declare readonly objectId?: string
  static {
    brand(this, 'ObjectLostError', 'OBJECT_LOST')
  }
}
/** The realm that owned the object crashed, was killed or was lost. */
export class OwnerDiedError extends ObjectLostError {
  static {
    brand(this, 'OwnerDiedError', 'OWNER_DIED')
  }
}
/** The object was freed by `free` or by disposing its last ref. */
export class ObjectFreedError extends ObjectLostError {
  static {
    brand(this, 'ObjectFreedError', 'OBJECT_FREED')
  }
}
/** `get` or `wait` ran out of its `timeout`; the value may still come. */
export class GetTimeoutError extends TroupeError {
  static {
    brand(this, 'GetTimeoutError', 'GET_TIMEOUT')
  }
}
/** A call or task ran out of its own `timeout` option. */
export class TaskTimeoutError extends TroupeError {
  static {
    brand(this, 'TaskTimeoutError', 'TASK_TIMEOUT')
  }
}
/** The object store has no room for this value. */
export class ObjectStoreFullError extends TroupeError {
  static {
    brand(this, 'ObjectStoreFullError', 'OBJECT_STORE_FULL')
  }
}
/** A worker ran out of memory. */
export class OutOfMemoryError extends TroupeError {
  static {
    brand(this, 'OutOfMemoryError', 'OUT_OF_MEMORY')
  }
}
/** No node can ever give a task what it asks for. */
export class TaskUnschedulableError extends TroupeError {
  static {
    brand(this, 'TaskUnschedulableError', 'TASK_UNSCHEDULABLE')
  }
}
/** No node can ever give an actor what it asks for. */
export class ActorUnschedulableError extends TroupeError {
  declare readonly requested?: Readonly<Record<string, number>>
  declare readonly available?: Readonly<Record<string, number>>
  static {
    brand(this, 'ActorUnschedulableError', 'ACTOR_UNSCHEDULABLE')
  }
}
/** No set of nodes can ever hold a placement group. */
export class PlacementGroupUnschedulableError extends TroupeError {
  static {
    brand(this, 'PlacementGroupUnschedulableError', 'PLACEMENT_GROUP_UNSCHEDULABLE')
  }
}
/** The placement group was removed. */
export class PlacementGroupRemovedError extends TroupeError {
  static {
    brand(this, 'PlacementGroupRemovedError', 'PLACEMENT_GROUP_REMOVED')
  }
}
/** The queue is full. */
export class QueueFullError extends TroupeError {
  static {
    brand(this, 'QueueFullError', 'QUEUE_FULL')
  }
}
/** The queue is empty. */
export class QueueEmptyError extends TroupeError {
  static {
    brand(this, 'QueueEmptyError', 'QUEUE_EMPTY')
  }
}
/** Calls wait for each other in a circle. */
export class DeadlockError extends TroupeError {
  static {
    brand(this, 'DeadlockError', 'DEADLOCK')
  }
}
/** `getSync` cannot block here, or the value needs the event loop to come: use `await get(ref)`. */
export class CannotBlockError extends TroupeError {
  static {
    brand(this, 'CannotBlockError', 'CANNOT_BLOCK')
  }
}
/** The current call cannot be known here: take `runtimeContext()` before the first await. */
export class ContextLostError extends TroupeError {
  static {
    brand(this, 'ContextLostError', 'CONTEXT_LOST')
  }
}
/** The page's origin is not secure, and what was asked for needs that. */
export class InsecureContextError extends TroupeError {
  static {
    brand(this, 'InsecureContextError', 'INSECURE_CONTEXT')
  }
}
/** `init` was called twice. */
export class AlreadyInitializedError extends TroupeError {
  static {
    brand(this, 'AlreadyInitializedError', 'ALREADY_INITIALIZED')
  }
}
/** The runtime was shut down; its handles and refs are dead. */
export class RuntimeShutdownError extends TroupeError {
  static {
    brand(this, 'RuntimeShutdownError', 'RUNTIME_SHUTDOWN')
  }
}
/** The coordinator is gone and nobody took over. */
export class CoordinatorLostError extends TroupeError {
  static {
    brand(this, 'CoordinatorLostError', 'COORDINATOR_LOST')
  }
}
/** This node was declared lost and may not answer any more. */
export class NodeFencedError extends TroupeError {
  static {
    brand(this, 'NodeFencedError', 'NODE_FENCED')
  }
}
/** Node cannot load a TypeScript module here. */
export class TypeScriptSourceError extends TroupeError {
  declare readonly url?: string
  static {
    brand(this, 'TypeScriptSourceError', 'TYPESCRIPT_SOURCE')
  }
}
/** The GPU device that a call worked with was lost, or its adapter does not come back. */
export class GpuDeviceLostError extends TroupeError {
  static {
    brand(this, 'GpuDeviceLostError', 'GPU_DEVICE_LOST')
  }
}
/** A message broke the protocol. */
export class ProtocolError extends TroupeError {
  static {
    brand(this, 'ProtocolError', 'PROTOCOL')
  }
}
/** A peer did not prove the cluster's secret. */
export class AuthError extends TroupeError {
  static {
    brand(this, 'AuthError', 'AUTH')
  }
}
/** Too many calls of this handle are unfinished (`maxPendingCalls`). */
export class PendingCallsLimitExceeded extends TroupeError {
  static {
    brand(this, 'PendingCallsLimitExceeded', 'PENDING_CALLS_LIMIT_EXCEEDED')
  }
}

/** A value cannot be copied to another realm. Also a TypeError. */
export class SerializationError extends TypeError {
  declare readonly code: string
  /** Where in the value: `args[0].layers[3].activation`. */
  declare readonly path?: string
  constructor(message: string, facts?: ErrorFacts) {
    super(message)
    setFacts(this, facts)
  }
  static {
    brand(this, 'SerializationError', 'SERIALIZATION')
  }
}
/** The actor has no such method. Also a TypeError. */
export class MethodNotFoundError extends TypeError {
  declare readonly code: string
  declare readonly className?: string
  declare readonly method?: string
  constructor(message: string, facts?: ErrorFacts) {
    super(message)
    setFacts(this, facts)
  }
  static {
    brand(this, 'MethodNotFoundError', 'METHOD_NOT_FOUND')
  }
}
/** An actor of that name lives in the namespace already. Also a RangeError. */
export class ActorAlreadyExistsError extends RangeError {
  declare readonly code: string
  constructor(message: string, facts?: ErrorFacts) {
    super(message)
    setFacts(this, facts)
  }
  static {
    brand(this, 'ActorAlreadyExistsError', 'ACTOR_ALREADY_EXISTS')
  }
}

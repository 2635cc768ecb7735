export { actor } from './api/actor.ts'
export { ActorPool } from './api/actor-pool.ts'
export { getActor, kill, ready, terminate } from './api/actors.ts'
export { asCompleted, free } from './api/completed.ts'
export { type RuntimeContext, runtimeContext } from './api/context.ts'
export type { Filter } from './api/filters.ts'
export { getSync } from './api/get-sync.ts'
export { type GpuArrayClass, getGpuAdapter, getGpuDevice, getGpuIds, type PutGpuOptions, putGpu } from './api/gpu.ts'
export { capabilities, init, isDriver, isInitialized, type Runtime, shutdown } from './api/init.ts'
export {
  type ActorDetail,
  availableResources,
  clusterResources,
  type ListActorsOptions,
  listActors,
  listNodes,
  listObjects,
  listTasks,
  listWorkers,
} from './api/insight.ts'

export { get, put, wait } from './api/objects.ts'
export { placementGroup } from './api/placement-group.ts'
export { Queue, type QueueWait } from './api/queue.ts'
export { cancel, exitActor } from './api/stopping.ts'
export { task } from './api/task.ts'
export { type TimelineOptions, timeline } from './api/timeline.ts'
export type { TraceEvent, TraceInstant, TraceName, TraceSpan } from './api/trace-events.ts'
export type {
  ActorClass,
  ActorDefaults,
  ActorHandle,
  ActorOptions,
  ActorStarter,
  AnyActorHandle,
  HandleOf,
  MethodName,
} from './api/types/actors.ts'
export type { Arg, Args } from './api/types/arguments.ts'
export type { AnyFunction, Constructor, GpuOptions } from './api/types/common.ts'
export type { InitOptions } from './api/types/init.ts'
export type {
  BoundMethod,
  CallOptions,
  NumReturns,
  OverloadedMethod,
  Refs,
  Remote,
  RemoteMethod,
  StreamMethod,
  StreamOptions,
} from './api/types/methods.ts'
export type { GetOptions, GetSyncOptions, PutOptions, ValueOf, Waitable, WaitOptions } from './api/types/objects.ts'
export type { ItemStream, MadeByProxy, ObjectRef, ObjectRefStream, Proxied } from './api/types/references.ts'
export type {
  Bundle,
  LabelRule,
  PlacementGroup,
  PlacementGroupBundle,
  PlacementGroupOptions,
  SchedulingStrategy,
} from './api/types/scheduling.ts'
export type { RemoteTask, TaskOptions } from './api/types/tasks.ts'
export { type InstanceCodec, proxy, registerClass, transfer } from './api/values.ts'
export type { ActorState, ActorView } from './core/cluster-events.ts'
export type { NodeView } from './core/worker-pool.ts'
export {
  ActorAlreadyExistsError,
  ActorDiedError,
  ActorError,
  ActorUnavailableError,
  ActorUnschedulableError,
  AlreadyInitializedError,
  AuthError,
  CannotBlockError,
  ContextLostError,
  CoordinatorLostError,
  DeadlockError,
  GetTimeoutError,
  GpuDeviceLostError,
  InsecureContextError,
  MethodNotFoundError,
  NodeDiedError,
  NodeFencedError,
  ObjectFreedError,
  ObjectLostError,
  ObjectStoreFullError,
  OutOfMemoryError,
  OwnerDiedError,
  PendingCallsLimitExceeded,
  PlacementGroupRemovedError,
  PlacementGroupUnschedulableError,
  ProtocolError,
  QueueEmptyError,
  QueueFullError,
  RuntimeShutdownError,
  SerializationError,
  TaskCancelledError,
  TaskError,
  type TaskFacts,
  TaskTimeoutError,
  TaskUnschedulableError,
  TroupeError,
  TypeScriptSourceError,
  WorkerCrashedError,
} from './protocol/errors.ts'
export type { GpuState, GpuStatus, GpuTraits } from './protocol/gpu-provider.ts'
export type { Capability } from './protocol/platform.ts'
export type { ActorFigures } from './runtime/call-meter.ts'
export type { WorkerView } from './runtime/control.ts'
export type { ObjectView } from './runtime/objects.ts'
export type { TaskView } from './runtime/task-call.ts'

import type { ActorView } from '../core/cluster-events.ts'
import type { NodeView } from '../core/worker-pool.ts'
import { checkKeys } from '../runtime/checks.ts'
import type { WorkerView } from '../runtime/control.ts'
import type { ObjectView } from '../runtime/objects.ts'
import type { TaskView } from '../runtime/task-call.ts'

type Plain = string | number | boolean | undefined
type PlainField<T> = { [K in keyof T]-?: T[K] extends Plain ? K : never }[keyof T]

/** Fields of a view and the values they must have. Fields that hold lists or objects cannot be asked for. */
export type Filter<T> = { readonly [K in PlainField<T>]?: T[K] }

/** The fields that a filter may name. A table and no list: the compiler sees to it that none is forgotten. */
export type Fields<T> = Readonly<Record<PlainField<T>, true>>

export const actorFields: Fields<ActorView> = {
  actorId: true,
  className: true,
  name: true,
  namespace: true,
  state: true,
  incarnation: true,
  workerId: true,
  nodeId: true,
  restartCount: true,
  pendingReason: true,
}
export const workerFields: Fields<WorkerView> = { workerId: true, nodeId: true, state: true, isLeased: true }
export const nodeFields: Fields<NodeView> = { nodeId: true, epoch: true, workerCount: true, actorCount: true }
export const taskFields: Fields<TaskView> = {
  taskId: true,
  name: true,
  state: true,
  attempt: true,
  workerId: true,
  submitter: true,
  pendingReason: true,
}
export const objectFields: Fields<ObjectView> = {
  objectId: true,
  owner: true,
  keeper: true,
  state: true,
  bytes: true,
  place: true,
}

/** Checks a filter at once, and gives the test that it stands for. */
export function matcher<T>(filter: Filter<T>, fields: Fields<T>, where: string): (view: T) => boolean {
  checkKeys(filter, Object.keys(fields), where, 'field')
  const wanted = Object.entries(filter) as [keyof T, unknown][]
  return (view) => wanted.every(([field, value]) => view[field] === value)
}

import type { ActorView } from '../core/cluster-events.ts'
import type { NodeView } from '../core/worker-pool.ts'
import type { ActorFigures } from '../runtime/call-meter.ts'
import { checkBoolean, checkKeys } from '../runtime/checks.ts'
import type { WorkerView } from '../runtime/control.ts'
import type { ObjectView } from '../runtime/objects.ts'
import type { TaskView } from '../runtime/task-call.ts'
import { requireRuntime } from './current.ts'
import { actorFields, type Filter, matcher, nodeFields, objectFields, taskFields, workerFields } from './filters.ts'

/** All that the cluster has, by name: `CPU`, `GPU` and custom resources. */
export async function clusterResources(): Promise<Readonly<Record<string, number>>> {
  return requireRuntime().control.resources('total')
}

/** What of it is free now. */
export async function availableResources(): Promise<Readonly<Record<string, number>>> {
  return requireRuntime().control.resources('available')
}

/** An actor with what it has done; `figures` is undefined while it does not live, or its worker does not answer. */
export interface ActorDetail extends ActorView {
  readonly figures: ActorFigures | undefined
}

/** Options of `listActors`. */
export interface ListActorsOptions {
  /** Ask the actors' workers what the actors have done. */
  readonly detail?: boolean
}

/**
 * The actors of the cluster, dead ones included, as long as they are remembered; with `detail: true` also what each has
 * done. All lists reject with a RangeError when the filter names a field that they do not have.
 */
export function listActors(
  filter: Filter<ActorView> | undefined,
  options: { readonly detail: true },
): Promise<readonly ActorDetail[]>
export function listActors(filter?: Filter<ActorView>, options?: ListActorsOptions): Promise<readonly ActorView[]>
export async function listActors(
  filter: Filter<ActorView> = {},
  options: ListActorsOptions = {},
): Promise<readonly ActorView[]> {
  const matches = matcher(filter, actorFields, 'listActors')
  checkKeys(options, ['detail'], 'listActors')
  checkBoolean(options.detail, 'detail', 'listActors')
  const views = (await requireRuntime().control.listActors()).filter(matches)
  return options.detail === true ? withFigures(views) : views
}

async function withFigures(views: readonly ActorView[]): Promise<ActorDetail[]> {
  const workerIds = [...new Set(views.flatMap(({ workerId }) => workerId ?? []))]
  const known = workerIds.length === 0 ? [] : await requireRuntime().control.actorFigures(workerIds)
  const byId = new Map(known.map(({ actorId, figures }) => [actorId, figures]))
  return views.map((view) => ({ ...view, figures: byId.get(view.actorId) }))
}

/** The workers of the cluster. */
export async function listWorkers(filter: Filter<WorkerView> = {}): Promise<readonly WorkerView[]> {
  const matches = matcher(filter, workerFields, 'listWorkers')
  return (await requireRuntime().control.listWorkers()).filter(matches)
}

/** The nodes of the cluster: their labels, what they have and what of it is free. */
export async function listNodes(filter: Filter<NodeView> = {}): Promise<readonly NodeView[]> {
  const matches = matcher(filter, nodeFields, 'listNodes')
  return (await requireRuntime().control.listNodes()).filter(matches)
}

/** The tasks that wait or run; those that wait say why. */
export async function listTasks(filter: Filter<TaskView> = {}): Promise<readonly TaskView[]> {
  const matches = matcher(filter, taskFields, 'listTasks')
  return (await requireRuntime().control.listTasks()).filter(matches)
}

/**
 * The objects that realms hold for others, and those of 4 KiB or more; small values that never left their realm are not
 * counted. Empty when all refs are gone.
 */
export async function listObjects(filter: Filter<ObjectView> = {}): Promise<readonly ObjectView[]> {
  const matches = matcher(filter, objectFields, 'listObjects')
  return (await requireRuntime().control.listObjects()).filter(matches)
}

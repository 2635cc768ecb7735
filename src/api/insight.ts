import type { ActorView } from '../core/cluster-events.ts'
import type { NodeView } from '../core/worker-pool.ts'
import type { WorkerView } from '../runtime/control.ts'
import type { ObjectView } from '../runtime/objects.ts'
import type { TaskView } from '../runtime/task-call.ts'
import { requireRuntime } from './current.ts'

/** All that the cluster has, by name: `CPU`, `GPU` and custom resources. */
export async function clusterResources(): Promise<Readonly<Record<string, number>>> {
  return requireRuntime().control.resources('total')
}

/** What of it is free now. */
export async function availableResources(): Promise<Readonly<Record<string, number>>> {
  return requireRuntime().control.resources('available')
}

/** The actors of the cluster, dead ones included, as long as they are remembered. */
export async function listActors(filter: Partial<ActorView> = {}): Promise<readonly ActorView[]> {
  return matching(await requireRuntime().control.listActors(), filter)
}

/** The workers of the cluster. */
export async function listWorkers(filter: Partial<WorkerView> = {}): Promise<readonly WorkerView[]> {
  return matching(await requireRuntime().control.listWorkers(), filter)
}

/** The nodes of the cluster: their labels, what they have and what of it is free. */
export async function listNodes(filter: Partial<NodeView> = {}): Promise<readonly NodeView[]> {
  return matching(await requireRuntime().control.listNodes(), filter)
}

/** The tasks that wait or run. */
export async function listTasks(filter: Partial<TaskView> = {}): Promise<readonly TaskView[]> {
  return matching(await requireRuntime().control.listTasks(), filter)
}

/**
 * The objects that realms hold for others, and those of 4 KiB or more; small values that never left their realm are not
 * counted. Empty when all refs are gone.
 */
export async function listObjects(filter: Partial<ObjectView> = {}): Promise<readonly ObjectView[]> {
  return matching(await requireRuntime().control.listObjects(), filter)
}

function matching<T extends object>(all: readonly T[], filter: Partial<T>): readonly T[] {
  return all.filter((one) => Object.entries(filter).every(([key, value]) => one[key as keyof T] === value))
}

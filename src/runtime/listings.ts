import type { ClusterState } from '../core/cluster-state.ts'
import type { WorkerId } from '../protocol/ids.ts'
import type { Question } from './ask-workers.ts'
import type { FiguresOf } from './call-meter.ts'
import type { Control } from './control.ts'
import type { ObjectView } from './objects.ts'
import type { Runtime } from './runtime.ts'
import { explainTasks, type TaskReport } from './task-reports.ts'
import type { RealmTrace } from './timeline.ts'

type Listings = Pick<
  Control,
  'listTasks' | 'listObjects' | 'listActors' | 'listWorkers' | 'listNodes' | 'actorFigures' | 'timeline'
>
type AskWorkers = <T>(question: Question, of?: ReadonlySet<WorkerId>) => Promise<T[]>

/** What the coordinator can tell of the cluster: what it knows itself, and what it asks workers for. */
export function listings(runtime: Runtime, state: ClusterState, askWorkers: AskWorkers): Listings {
  const ask = <T>(name: string, payload?: unknown, of?: ReadonlySet<WorkerId>): Promise<T[]> =>
    askWorkers<T>({ name, payload, onSilent: (workerId) => tellSilent(runtime, name, workerId) }, of)
  return {
    listTasks: async () => {
      const reports = [...(runtime.tasks?.list() ?? []), ...(await ask<TaskReport>('listTasks'))]
      return explainTasks(reports, (request) => state.taskReason(request))
    },
    listObjects: async () => [...runtime.objects.list(), ...(await ask<ObjectView>('listObjects'))],
    listActors: async () => state.actors(),
    listWorkers: async () => state.workers(),
    listNodes: async () => state.nodes(),
    actorFigures: (workerIds) => ask<FiguresOf>('actorFigures', undefined, new Set(workerIds)),
    timeline: async (since) => [...runtime.timeline.traces(since), ...(await ask<RealmTrace>('timeline', since))],
  }
}

function tellSilent(runtime: Runtime, name: string, workerId: WorkerId): void {
  runtime.log(
    'warn',
    `${name}: the worker ${workerId} has not answered in time, probably because a call there does not give the thread back; what it knows is missing.`,
  )
}

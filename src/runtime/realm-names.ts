import { host } from '#host'
import type { ActorId, WorkerId } from '../protocol/ids.ts'
import type { ActorSpec } from '../protocol/specs.ts'
import type { Runtime } from './runtime.ts'

/** What an actor's worker is named by. */
export interface NamedActor {
  readonly actorId: ActorId
  readonly className: string
  readonly isolation: ActorSpec['isolation']
}

/** What is known of a worker when it is named. */
export interface WorkerContents {
  readonly workerId: WorkerId
  /** An actor that lives in it. */
  readonly actor: NamedActor | undefined
  readonly isLeased: boolean
}

/** How people see an actor: its class and the number its creator gave it. */
export function actorLabel(className: string, actorId: string): string {
  return `${className}#${actorId.slice(actorId.lastIndexOf(':a') + 2)}`
}

/** How people see a worker: by what lives in it, `Counter#3`, `shared#1` or `tasks#2`. */
export function workerLabel({ workerId, actor, isLeased }: WorkerContents): string {
  const number = workerId.slice(workerId.lastIndexOf('.w') + 2)
  if (actor?.isolation === 'shared') return `shared#${number}`
  if (actor !== undefined) return actorLabel(actor.className, actor.actorId)
  return isLeased ? `tasks#${number}` : `troupe:${workerId}`
}

/** Shows this worker under its label from now on: it may have been started before anyone knew what for. */
export function nameWorker(runtime: Runtime, contents: Omit<WorkerContents, 'workerId'>): void {
  const label = workerLabel({ workerId: runtime.realmId, ...contents })
  if (runtime.timeline.label === label) return
  runtime.timeline.label = label
  if (!runtime.isInline) host.nameRealm(label)
}

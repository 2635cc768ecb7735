import {
  type ActorDetail,
  actor,
  listActors,
  listNodes,
  listObjects,
  listTasks,
  listWorkers,
  runtimeContext,
  type TraceEvent,
  task,
  timeline,
} from 'troupe'
import { sleep } from './platform.ts'

/** Looks at the cluster from a worker. */
export const Observer = actor(
  class Observer {
    actors(className: string): Promise<readonly ActorDetail[]> {
      return listActors({ className }, { detail: true })
    }
    async counts(): Promise<Record<string, number>> {
      const lists = { workers: listWorkers(), nodes: listNodes(), tasks: listTasks(), objects: listObjects() }
      const counts: Record<string, number> = {}
      for (const [name, list] of Object.entries(lists)) counts[name] = (await list).length
      return counts
    }
    async wrong(): Promise<void> {
      await listWorkers({ worker: 'w1' } as never)
    }
    timeline(): Promise<readonly TraceEvent[]> {
      return timeline()
    }
  },
  import.meta,
)

/** Things of all kinds that take a known time. */
export const Timed = actor(
  class Timed {
    /** Keeps the thread. */
    compute(ms: number): number {
      const end = performance.now() + ms
      while (performance.now() < end);
      return ms
    }
    /** When it ran, in milliseconds since 1970. */
    async pause(ms: number): Promise<{ from: number; to: number }> {
      const from = Date.now()
      await sleep(ms)
      return { from, to: Date.now() }
    }
    async *items(count: number): AsyncGenerator<number> {
      for (let i = 0; i < count; i++) {
        await sleep(2)
        yield i
      }
    }
    fail(): never {
      throw new RangeError('as asked')
    }
    taskId(): string | undefined {
      return runtimeContext().taskId
    }
  },
  import.meta,
)

export const timedTask = task(
  async function timedTask(ms: number): Promise<number> {
    await sleep(ms)
    return ms
  },
  import.meta,
)

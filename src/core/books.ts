import type { ClusterCommand } from './cluster-events.ts'
import type { Allocation } from './demand.ts'
import type { Scheduler } from './scheduler.ts'
import type { Slot } from './slot.ts'
import type { WorkerPool } from './worker-pool.ts'

/** What the parts of the coordinator's state share. */
export interface Books {
  readonly pool: WorkerPool
  readonly scheduler: Scheduler
  /** Places where tasks that wait may have their CPUs again. */
  readonly resumes: Set<Slot>
  /** Of this coordinator, among all there have been. */
  readonly term: number
  /** The coordinator's time, as the shell tells it. */
  readonly nowMs: number
  emit(command: ClusterCommand): void
  /** Something that was given out there is free again. */
  giveBack(slot: Slot, allocation: Allocation): void
}

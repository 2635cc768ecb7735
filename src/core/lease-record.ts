import type { NodeId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { ResourceRequest } from '../protocol/specs.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import type { Allocation, Demand } from './demand.ts'
import type { Waiting } from './shape.ts'
import type { Slot } from './slot.ts'

/** A worker that a realm asked for to run its tasks; from the request to the end. */
export interface LeaseRecord {
  readonly leaseId: string
  readonly realm: RealmId
  readonly request: ResourceRequest
  /** The node it should be on, if it can. */
  readonly local: NodeId | undefined
  readonly waitsForNodes: boolean
  /** While it waits for resources. */
  waiting: Waiting | undefined
  /** When it has them. */
  workerId: WorkerId | undefined
  slot: Slot | undefined
  allocation: Allocation | undefined
  /** Its task waits for others; the allocation is without CPUs meanwhile. */
  isBlocked: boolean
  /** What it has when its task runs. */
  demand: Demand | undefined
  /** Why its worker is being ended. */
  ending: WorkerExit | undefined
}

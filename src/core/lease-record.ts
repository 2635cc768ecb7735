import type { NodeId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import type { Allocation, Demand } from './demand.ts'
import type { Shape, Waiting } from './shape.ts'
import type { Slot } from './slot.ts'
import type { WorkerRecord } from './worker-pool.ts'

/** Who asks for a worker, and for what. */
export interface LeaseTerms {
  readonly leaseId: string
  readonly realm: RealmId
  readonly local: NodeId | undefined
  readonly waitsForNodes: boolean
}

/** A worker that a realm asked for to run its tasks; from the request to the end. */
export class LeaseRecord {
  readonly type = 'lease' as const
  readonly leaseId: string
  shape: Shape
  readonly realm: RealmId
  readonly local: NodeId | undefined
  readonly waitsForNodes: boolean
  seq = 0
  sinceMs = 0
  previous: Waiting | undefined = undefined
  next: Waiting | undefined = undefined
  isQueued = false
  /** When it has what it asked for. */
  worker: WorkerRecord | undefined = undefined
  slot: Slot | undefined = undefined
  allocation: Allocation | undefined = undefined
  /** Its task waits for others; the allocation is without CPUs meanwhile. */
  isBlocked = false
  /** What it has when its task runs. */
  demand: Demand | undefined = undefined
  /** Why its worker is being ended. */
  ending: WorkerExit | undefined = undefined

  constructor(shape: Shape, { leaseId, realm, local, waitsForNodes }: LeaseTerms) {
    this.shape = shape
    this.leaseId = leaseId
    this.realm = realm
    this.local = local
    this.waitsForNodes = waitsForNodes
  }

  get workerId(): WorkerId | undefined {
    return this.worker?.id
  }
}

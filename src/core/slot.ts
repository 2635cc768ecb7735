import type { NodeId } from '../protocol/ids.ts'
import type { Allocation } from './demand.ts'
import type { LeaseRecord } from './lease-record.ts'
import type { NodeLedger } from './node-ledger.ts'
import type { Shape } from './shape.ts'
import type { NodeRecord } from './worker-pool.ts'

/** Where something can be placed: a node, or what a placement group has set apart on it. */
export interface Slot {
  readonly node: NodeRecord
  readonly ledger: NodeLedger
  readonly bundle: { readonly groupId: string; readonly index: number } | undefined
  /** Leases whose tasks want their CPUs again, in order. */
  readonly resuming: Set<LeaseRecord>
}

/** Where something is placed, what it has there, and as what it waited. */
export interface Place {
  readonly slot: Slot
  readonly allocation: Allocation
  readonly shape: Shape
}

/** What a placement policy sees of a node. */
export interface PlaceView {
  readonly nodeId: NodeId
  readonly labels: Readonly<Record<string, string>>
  /** 0: nothing is used, 1: no CPU is left. Above 1: more actors than CPUs. */
  readonly load: number
  /** 0: no GPU is used, 1: all are. */
  readonly gpuLoad: number
}

/** What a policy sees of the slot's node. */
export function viewOf({ node }: Slot): PlaceView {
  const { ledger } = node.slot
  const load = Math.max(ledger.usedCpuPart, node.actorCount / ledger.cpuCount || 0)
  return { nodeId: node.id, labels: node.labels, load, gpuLoad: ledger.usedGpuPart }
}

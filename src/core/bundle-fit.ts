import type { ResourceRequest } from '../protocol/specs.ts'
import { demandOf } from './demand.ts'
import { NodeLedger } from './node-ledger.ts'

/** Whether a request could ever run in a bundle of this size. Which GPUs the bundle will have is not known. */
export function canEverHold(bundle: ResourceRequest, request: ResourceRequest): boolean {
  const { gpuNeeds: _, ...amounts } = request
  const demand = demandOf(bundle)
  const gpuCount = demand.gpuWhole + (demand.gpuShare > 0 ? 1 : 0)
  const gpuIds = Array.from({ length: gpuCount }, (_, id) => id)
  return NodeLedger.ofAllocation({ demand, gpuIds }).canEverFit(demandOf(amounts))
}

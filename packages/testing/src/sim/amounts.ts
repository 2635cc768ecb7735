import type { Allocation } from '../../../../src/core/demand.ts'
import { fromUnits } from '../../../../src/core/fixed-point.ts'

/** What an allocation takes of a node: `CPU`, `gpu 0`, `gpu 1`, and custom resources. */
export function amountsOf({ demand, gpuIds }: Allocation): ReadonlyMap<string, number> {
  const amounts = new Map<string, number>()
  if (demand.cpu > 0) amounts.set('CPU', fromUnits(demand.cpu))
  gpuIds.forEach((id, position) => {
    amounts.set(`gpu ${id}`, position < demand.gpuWhole ? 1 : fromUnits(demand.gpuShare))
  })
  demand.customNames.forEach((name, at) => {
    amounts.set(name, fromUnits(demand.customUnits[at]!))
  })
  return amounts
}

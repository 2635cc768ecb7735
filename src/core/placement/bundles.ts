import type { GroupStrategy } from '../../protocol/specs.ts'
import type { Allocation, Demand } from '../demand.ts'
import { gpuUnitsOf } from '../demand.ts'

/** A node on which bundles can be tried out: what is taken from it is a plan only. */
export interface BundleNode {
  readonly load: number
  /** Whether a bundle of the group is there already. */
  readonly isTaken: boolean
  acquire(demand: Demand): Allocation | undefined
  release(allocation: Allocation): void
}

/** Where a bundle goes: the node's index, and what it takes there. */
export interface BundlePlace {
  readonly at: number
  readonly allocation: Allocation
}

/** So many attempts are made before a plan is given up. */
const maxSteps = 2000

/** No: there is no plan. Unknown: the search was given up. */
export type NoPlan = 'no' | 'unknown'

/**
 * Places for all bundles, or why there are none. PACK: on few nodes; SPREAD: on many; STRICT_PACK: all on
 * one; STRICT_SPREAD: each on a node of its own. The largest bundles are placed first, with a bounded search.
 */
export function planBundles(
  demands: readonly Demand[],
  nodes: readonly BundleNode[],
  strategy: GroupStrategy,
): readonly BundlePlace[] | NoPlan {
  if (strategy === 'STRICT_PACK') return planOnOne(demands, nodes)
  const order = demands.map((_, index) => index).sort((a, b) => sizeOf(demands[b]!) - sizeOf(demands[a]!))
  const places: BundlePlace[] = []
  const counts = nodes.map(({ isTaken }) => (isTaken ? 1 : 0))
  let steps = 0

  const place = (depth: number): boolean => {
    const index = order[depth]
    if (index === undefined) return true
    for (const at of candidates(counts, nodes, strategy)) {
      if (steps++ > maxSteps) return false
      const allocation = nodes[at]!.acquire(demands[index]!)
      if (allocation === undefined) continue
      counts[at]!++
      places[index] = { at, allocation }
      if (place(depth + 1)) return true
      counts[at]!--
      nodes[at]!.release(allocation)
    }
    return false
  }
  if (place(0)) return places
  return steps > maxSteps ? 'unknown' : 'no'
}

function candidates(counts: readonly number[], nodes: readonly BundleNode[], strategy: GroupStrategy): number[] {
  const all = counts.map((_, at) => at)
  const byLoad = (a: number, b: number): number => nodes[a]!.load - nodes[b]!.load || a - b
  if (strategy === 'STRICT_SPREAD') return all.filter((at) => counts[at] === 0).sort(byLoad)
  const sign = strategy === 'PACK' ? -1 : 1
  return all.sort((a, b) => sign * (counts[a]! - counts[b]!) || byLoad(a, b))
}

function planOnOne(demands: readonly Demand[], nodes: readonly BundleNode[]): readonly BundlePlace[] | NoPlan {
  for (const [at, node] of [...nodes.entries()].sort(([, a], [, b]) => a.load - b.load)) {
    const places: BundlePlace[] = []
    for (const demand of demands) {
      const allocation = node.acquire(demand)
      if (allocation === undefined) break
      places.push({ at, allocation })
    }
    if (places.length === demands.length) return places
    for (const { allocation } of places) node.release(allocation)
  }
  return 'no'
}

function sizeOf(demand: Demand): number {
  return gpuUnitsOf(demand) * 1000 + demand.customUnits.reduce((sum, units) => sum + units, 0) * 10 + demand.cpu
}

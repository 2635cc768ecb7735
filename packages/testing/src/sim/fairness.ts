import type { ClusterEvent } from '../../../../src/core/cluster-events.ts'
import type { ClusterState } from '../../../../src/core/cluster-state.ts'
import type { Allocation } from '../../../../src/core/demand.ts'
import { fromUnits } from '../../../../src/core/fixed-point.ts'
import type { Shape, Waiting } from '../../../../src/core/shape.ts'
import type { Judge } from './judge.ts'

function idOf(waiting: Waiting): string {
  return waiting.type === 'actor' ? waiting.actor.id : waiting.leaseId
}

/** Who waits, and since when: the larger the number, the later. */
export function lineOf(state: ClusterState): Map<string, number> {
  return new Map(state.waiting().map((waiting) => [idOf(waiting), waiting.seq]))
}

/**
 * Whoever got something in the last event took nothing that somebody ahead of it was short of there. Only plain requests
 * are looked at: those that may be on any node.
 */
export function checkFair(
  state: ClusterState,
  event: ClusterEvent,
  { before, after, judge }: { before: ReadonlyMap<string, number>; after: ReadonlyMap<string, number>; judge: Judge },
): void {
  if (after.size === 0 || before.size === 0) return
  const asked = askedBy(event)
  const candidates = asked === undefined || before.has(asked) ? [...before] : [...before, [asked, Infinity] as const]
  const started: Started[] = []
  for (const [id, seq] of candidates) {
    const place = after.has(id) ? undefined : state.placeOf(id)
    if (place === undefined) continue
    started.push({ id, seq, shape: place.shape, nodeId: place.slot.node.id, allocation: place.allocation })
  }
  if (started.length === 0) return
  for (const waiting of state.waiting()) {
    const { bundle, strategy, labels } = waiting.shape.request
    if (before.get(idOf(waiting)) === undefined) continue
    for (const one of started) {
      if (one.seq < waiting.seq) continue
      if (one.shape === waiting.shape)
        judge.fail('fair', `${one.id} came after ${idOf(waiting)}, asks for the same, and has it before`)
      if (
        bundle !== undefined ||
        strategy !== undefined ||
        labels !== undefined ||
        one.shape.request.bundle !== undefined
      )
        continue
      const same = started.filter(({ nodeId }) => nodeId === one.nodeId)
      checkPair(state, waiting, { ...one, taken: same.map(({ allocation }) => allocation), judge })
    }
  }
}

function askedBy(event: ClusterEvent): string | undefined {
  if (event.type === 'leaseRequested') return event.leaseId
  if (event.type === 'actorRequested') return event.spec.handle.actorId
  return event.type === 'actorDependenciesReady' ? event.actorId : undefined
}

interface Started {
  readonly id: string
  readonly seq: number
  readonly shape: Shape
  readonly nodeId: string
  readonly allocation: Allocation
}

interface Overtaking {
  readonly id: string
  readonly nodeId: string
  readonly allocation: Allocation
  readonly taken: readonly Allocation[]
  readonly judge: Judge
}

function checkPair(state: ClusterState, waiting: Waiting, { id, nodeId, allocation, taken, judge }: Overtaking): void {
  const node = state.nodes().find((one) => one.nodeId === nodeId)
  if (node === undefined) return
  const wanted = amounts(waiting.shape.demand)
  const isPossible = [...amounts(waiting.shape.placement)].every(([name, amount]) => amount <= (node.total[name] ?? 0))
  if (!isPossible) return
  const takes = amounts(allocation.demand)
  for (const [name, amount] of wanted) {
    if (!takes.has(name)) continue
    const all = taken.reduce((sum, one) => sum + (amounts(one.demand).get(name) ?? 0), node.available[name] ?? 0)
    if (all + 1e-9 >= amount) continue
    judge.fail(
      'fair',
      `${id} took ${name} on ${nodeId}, of which ${idOf(waiting)} ahead of it is short (${all} of ${amount})`,
    )
  }
}

function amounts(demand: Allocation['demand']): Map<string, number> {
  const named = new Map<string, number>()
  if (demand.cpu > 0) named.set('CPU', fromUnits(demand.cpu))
  const gpus = demand.gpuWhole + fromUnits(demand.gpuShare)
  if (gpus > 0) named.set('GPU', gpus)
  demand.customNames.forEach((name, at) => {
    named.set(name, fromUnits(demand.customUnits[at]!))
  })
  return named
}

import type { ClusterCommand, ClusterEvent } from '../../../../src/core/cluster-events.ts'
import type { ClusterState } from '../../../../src/core/cluster-state.ts'
import { type Demand, demandOf } from '../../../../src/core/demand.ts'
import { fromUnits } from '../../../../src/core/fixed-point.ts'
import type { Shape, Waiting } from '../../../../src/core/shape.ts'
import type { Judge } from './judge.ts'

function idOf(waiting: Waiting): string {
  return waiting.type === 'actor' ? waiting.actor.id : waiting.leaseId
}

/** All that is in line or was, as numbers: the larger, the later. */
export interface Line {
  /** What waits, placement groups apart. */
  readonly seqs: ReadonlyMap<string, number>
  readonly groups: ReadonlyMap<string, { readonly seq: number; readonly nodeIds: readonly (string | undefined)[] }>
  /** The last number that was seen. */
  readonly lastSeq: number
}

/** The line as it is now, after what it was before the last event. */
export function lineOf(state: ClusterState, before?: Line): Line {
  const seqs = new Map(state.waiting().map((waiting) => [idOf(waiting), waiting.seq]))
  const lastBefore = before?.lastSeq ?? 0
  const groups = state.groups().map(({ groupId, bundles }) => {
    // A group does not tell its number. It came after all that was there, and before all that comes.
    const seq = before?.groups.get(groupId)?.seq ?? lastBefore + 0.5
    return [groupId, { seq, nodeIds: bundles.map(({ nodeId }) => nodeId) }] as const
  })
  return { seqs, groups: new Map(groups), lastSeq: Math.max(lastBefore, ...seqs.values()) }
}

/**
 * Whoever got something in the last event took nothing that somebody ahead of it was short of there. Only plain requests
 * are looked at: those that may be on any node.
 */
export function checkFair(
  state: ClusterState,
  event: ClusterEvent,
  { before, after, commands, judge }: { before: Line; after: Line; commands: readonly ClusterCommand[]; judge: Judge },
): void {
  if (after.seqs.size === 0 || before.seqs.size === 0) return
  const fresh = [...askedBy(event), ...askedAgain(state, event, commands)].filter((id) => !before.seqs.has(id))
  const candidates = [...before.seqs, ...fresh.map((id) => [id, Infinity] as const)]
  const started: Started[] = []
  for (const [id, seq] of candidates) {
    const place = after.seqs.has(id) ? undefined : state.placeOf(id)
    if (place === undefined) continue
    started.push({ id, seq, shape: place.shape, nodeId: place.slot.node.id, demand: place.allocation.demand })
  }
  if (started.length === 0) return
  const bundles = placedBundles(state, before, after)
  for (const waiting of state.waiting()) {
    const { bundle, strategy, labels } = waiting.shape.request
    if (before.seqs.get(idOf(waiting)) === undefined) continue
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
      // What groups behind it were given came after it was looked at.
      const later = bundles.filter(({ seq }) => seq > one.seq)
      const same = [...started, ...later].filter(({ nodeId }) => nodeId === one.nodeId)
      checkPair(state, waiting, { ...one, taken: same.map(({ demand }) => demand), judge })
    }
  }
}

interface PlacedBundle {
  readonly seq: number
  readonly nodeId: string
  readonly demand: Demand
}

// What groups were given in the last event.
function placedBundles(state: ClusterState, before: Line, after: Line): PlacedBundle[] {
  return state.groups().flatMap(({ groupId, bundles }) => {
    const seq = after.groups.get(groupId)!.seq
    const nodeIds = before.groups.get(groupId)?.nodeIds
    return bundles.flatMap(({ request, nodeId }, index) =>
      nodeId === undefined || nodeId === nodeIds?.[index] ? [] : [{ seq, nodeId, demand: demandOf(request) }],
    )
  })
}

function askedBy(event: ClusterEvent): string[] {
  if (event.type === 'leaseRequested') return [event.leaseId]
  if (event.type === 'actorRequested') return [event.spec.handle.actorId]
  return event.type === 'actorDependenciesReady' ? [event.actorId] : []
}

// What had a place, lost it in the event, and may have another by now.
function askedAgain(state: ClusterState, event: ClusterEvent, commands: readonly ClusterCommand[]): string[] {
  const ids = new Set<string>()
  // One that is killed keeps what it has until its worker is gone.
  if (event.type === 'actorKilled') return []
  for (const command of commands) {
    if (command.type === 'publishActor' && state.actor(command.actorId)?.state === 'RESTARTING')
      ids.add(command.actorId)
    if (command.type === 'grantLease' && event.type === 'workerRefused') ids.add(command.leaseId)
  }
  return [...ids]
}

interface Started {
  readonly id: string
  readonly seq: number
  readonly shape: Shape
  readonly nodeId: string
  readonly demand: Demand
}

interface Overtaking {
  readonly id: string
  readonly nodeId: string
  readonly demand: Demand
  readonly taken: readonly Demand[]
  readonly judge: Judge
}

function checkPair(state: ClusterState, waiting: Waiting, { id, nodeId, demand, taken, judge }: Overtaking): void {
  const node = state.nodes().find((one) => one.nodeId === nodeId)
  if (node === undefined) return
  const wanted = amounts(waiting.shape.demand)
  const isPossible = [...amounts(waiting.shape.placement)].every(([name, amount]) => amount <= (node.total[name] ?? 0))
  if (!isPossible) return
  const takes = amounts(demand)
  for (const [name, amount] of wanted) {
    if (!takes.has(name)) continue
    const all = taken.reduce((sum, one) => sum + (amounts(one).get(name) ?? 0), node.available[name] ?? 0)
    if (all + 1e-9 >= amount) continue
    judge.fail(
      'fair',
      `${id} took ${name} on ${nodeId}, of which ${idOf(waiting)} ahead of it is short (${all} of ${amount})`,
    )
  }
}

function amounts(demand: Demand): Map<string, number> {
  const named = new Map<string, number>()
  if (demand.cpu > 0) named.set('CPU', fromUnits(demand.cpu))
  const gpus = demand.gpuWhole + fromUnits(demand.gpuShare)
  if (gpus > 0) named.set('GPU', gpus)
  demand.customNames.forEach((name, at) => {
    named.set(name, fromUnits(demand.customUnits[at]!))
  })
  return named
}

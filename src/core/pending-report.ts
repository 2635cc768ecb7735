import type { ResourceRequest } from '../protocol/specs.ts'
import type { ActorRecord } from './actor-record.ts'
import type { ActorView } from './cluster-events.ts'
import type { ClusterParts } from './cluster-invariants.ts'
import { type Allocation, type Demand, describeRequest, keyOf, namedAmounts } from './demand.ts'
import { describeNeeds, whyUnusable } from './gpu-set.ts'
import type { NodeLedger } from './node-ledger.ts'
import type { Shape } from './shape.ts'
import type { Slot } from './slot.ts'

/** What waits longer than this is told of, once. */
export const pendingMs = 5000
/** So many holders are named. */
const namedCount = 5

/** Sentences about what has waited for long and was not told of: what it asks, what is free, and who holds it. */
export function pendingTexts(parts: ClusterParts, nowMs: number): string[] {
  const texts: string[] = []
  for (const shape of parts.scheduler.waitingShapes) {
    if (shape.wasReported || nowMs - shape.head!.sinceMs < pendingMs) continue
    shape.wasReported = true
    texts.push(`${who(shape)} for ${pendingSeconds(shape.head!.sinceMs, nowMs)} s: ${why(parts, shape)}`)
  }
  for (const group of parts.groups.pending) {
    if (group.wasReported || nowMs - group.sinceMs < pendingMs) continue
    group.wasReported = true
    const bundles = group.spec.bundles.map((bundle) => JSON.stringify(describeRequest(bundle))).join(', ')
    const free = [...parts.pool.nodes].map(({ id, slot }) => freeOn(id, slot.ledger)).join('; ')
    texts.push(
      `The placement group ${group.spec.groupId} waits for ${pendingSeconds(group.sinceMs, nowMs)} s: it asks for ${bundles} (${group.spec.strategy}); ${free || 'no node is there'}.`,
    )
  }
  return texts
}

/** All actors, with why those that wait do. */
export function actorViews(parts: ClusterParts): ActorView[] {
  const reasons = new Map<Shape, string>()
  const reasonFor = (actor: ActorRecord): string | undefined => {
    if (actor.waiting?.isQueued !== true) return stillStarting(parts, actor)
    const { shape } = actor.waiting
    const known = reasons.get(shape) ?? why(parts, shape)
    reasons.set(shape, known)
    return known
  }
  return [...parts.actors.all].map((actor) => ({ ...actor.view(), pendingReason: reasonFor(actor) }))
}

function stillStarting({ pool }: ClusterParts, { state, workerId }: ActorRecord): string | undefined {
  if (state === 'DEPENDENCIES_UNREADY') return 'an argument of its constructor has no value yet.'
  if (state !== 'PENDING_CREATION' && state !== 'RESTARTING') return undefined
  const isStarting = pool.get(workerId)?.state === 'starting'
  return isStarting ? `its worker ${workerId} is being started.` : `it is being constructed in ${workerId}.`
}

/** Why tasks that ask for this have no worker. */
export function taskReason(parts: ClusterParts, request: ResourceRequest): string {
  const key = keyOf(request)
  for (const shape of parts.scheduler.waitingShapes) if (shape.key === key) return why(parts, shape)
  return 'a worker for it is being started, or runs tasks that came before it.'
}

function who({ head, count }: Shape): string {
  const waiting = head!
  const more = count > 1 ? `, and ${count - 1} more that ask the same,` : ''
  if (waiting.type === 'lease') return `A task of ${waiting.realm}${more} waits`
  return `The actor ${waiting.actor.spec.handle.className} (${waiting.actor.id})${more} waits`
}

function why(parts: ClusterParts, shape: Shape): string {
  const asked = `it asks for ${JSON.stringify(namedAmounts(shape.placement))}${describeNeeds(shape.request.gpuNeeds)}`
  if (shape.slots.size === 0) return `${asked}; no node that is there could ever give that.`
  const free = [...shape.slots].map((slot) => freeOn(nameOf(slot), slot.ledger) + gpusOf(slot, shape))
  const held = holders(parts, shape)
  const rest = held.length > namedCount ? ` and ${held.length - namedCount} more` : ''
  const by =
    held.length === 0 ? 'others that came before it wait too' : `held by ${held.slice(0, namedCount).join(', ')}${rest}`
  return `${asked}; ${free.slice(0, namedCount).join('; ')}; ${by}.`
}

// Why GPUs there cannot be had.
function gpusOf({ ledger }: Slot, { demand }: Shape): string {
  if (demand.gpuWhole + demand.gpuShare === 0) return ''
  const texts = ledger.gpus.all.flatMap((status, index) => {
    const why = whyUnusable(status, demand.gpuNeeds)
    return why === undefined ? [] : [`its GPU ${index} ${why}`]
  })
  return texts.length === 0 ? '' : `, ${texts.slice(0, namedCount).join(', ')}`
}

function nameOf({ node, bundle }: Slot): string {
  return bundle === undefined ? node.id : `bundle ${bundle.index} of ${bundle.groupId} on ${node.id}`
}

function freeOn(name: string, ledger: NodeLedger): string {
  return `${name} has free ${JSON.stringify(ledger.available())} of ${JSON.stringify(ledger.total())}`
}

function holders({ actors, groups, pool }: ClusterParts, { slots, demand }: Shape): string[] {
  const found: string[] = []
  const add = (name: string, slot: Slot | undefined, allocation: Allocation | undefined): void => {
    if (slot === undefined || allocation === undefined || !slots.has(slot)) return
    if ((allocation.demand.uses & demand.uses) !== 0) found.push(`${name}: ${amountsOf(allocation.demand)}`)
  }
  for (const { id, spec, slot, allocation } of actors.all) add(`${spec.handle.className} (${id})`, slot, allocation)
  for (const { id, lease } of pool.workers) add(`tasks of ${lease?.realm} on ${id}`, lease?.slot, lease?.allocation)
  for (const node of pool.nodes) {
    for (const allocation of groups.reservedOn(node)) add('a placement group', node.slot, allocation)
    for (const allocation of node.foreign) add(`${node.id} itself`, node.slot, allocation)
  }
  return found
}

function amountsOf(demand: Demand): string {
  return JSON.stringify(namedAmounts(demand))
}

function pendingSeconds(sinceMs: number, nowMs: number): number {
  return Math.round((nowMs - sinceMs) / 1000)
}

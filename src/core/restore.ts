import type { ActorId } from '../protocol/ids.ts'
import { ActorRecord } from './actor-record.ts'
import { actorRequest } from './admission.ts'
import type { ClusterParts } from './cluster-invariants.ts'
import { keyOf } from './demand.ts'
import { LeaseRecord } from './lease-record.ts'
import { NodeLedger, type NodeResources } from './node-ledger.ts'
import { Shape, type Waiting } from './shape.ts'
import type { Slot } from './slot.ts'
import type { ActorSnapshot, ClusterSnapshot, LeaseSnapshot, PlaceSnapshot } from './snapshot.ts'
import type { NodeRecord, WorkerRecord } from './worker-pool.ts'

/** What was restored so far. */
interface Restored {
  readonly parts: ClusterParts
  readonly slots: readonly Slot[]
  readonly shapes: readonly Shape[]
  /** Shapes of what is placed, which nobody may wait with any more. */
  readonly others: Map<string, Shape>
  readonly waiting: Waiting[]
}

const nothing: NodeResources = { cpus: 0, gpus: 0, custom: {} }

/** Fills the empty parts of a coordinator's state with what a snapshot says. `firstWorker`: no number below is given. */
export function restoreParts(parts: ClusterParts, snapshot: ClusterSnapshot, firstWorker: number): void {
  const { actors, leases, groups, pool, scheduler } = parts
  const nodes = snapshot.nodes.map(({ epoch, ...terms }) => pool.join({ ...terms, epoch, spareWorkers: 0 }))
  restoreNodes(parts, snapshot, nodes)
  const former = snapshot.formerBundles.map(({ nodeId, ...bundle }): Slot => {
    return { node: pool.node(nodeId)!, ledger: NodeLedger.ofNode(nothing), bundle, resuming: new Set() }
  })
  const slots = [...nodes.map(({ slot }) => slot), ...groups.restore(snapshot, pool), ...former]
  const shapes = snapshot.shapes.map((one) => {
    const shape = new Shape(scheduler.keyOf(one.request, one.placementCpu), one.request, one.placementCpu)
    for (const number of one.slots) shape.slots.add(slots[number]!)
    for (const number of one.open) shape.open.add(slots[number]!)
    shape.hopelessSinceMs = one.hopelessSinceMs
    return shape
  })
  const restored: Restored = { parts, slots, shapes, others: new Map(), waiting: [] }
  const records = snapshot.actors.map((one) => restoreActor(one, restored))
  actors.restore(records, snapshot.directory)
  for (const one of snapshot.leases) {
    const lease = restoreLease(one, restored)
    if (!one.isForgotten) leases.adopt(lease)
  }
  for (const [number, workerIds] of snapshot.resuming) {
    for (const workerId of workerIds) slots[number]!.resuming.add(pool.get(workerId)!.lease!)
  }
  for (const waiting of restored.waiting.sort((a, b) => a.seq - b.seq)) waiting.shape.append(waiting)
  // Only now: what comes to an empty shape makes it forget this.
  snapshot.shapes.forEach(({ wasReported }, number) => {
    shapes[number]!.wasReported = wasReported
  })
  const waiting = snapshot.waitingShapes.map((number) => shapes[number]!)
  scheduler.restore({ shapes, waiting, gangs: groups.pending, lastSeq: snapshot.nextSeq - 1 })
  const { nextWorker, hadNodes } = snapshot
  pool.restore({ nextWorker: Math.max(nextWorker, firstWorker), hadNodes })
  // What ran in them may have ended since.
  for (const slot of [...groups.slots]) groups.freed(slot)
}

function restoreNodes(
  { pool, scheduler }: ClusterParts,
  snapshot: ClusterSnapshot,
  nodes: readonly NodeRecord[],
): void {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  for (const { workerId, nodeId, state, actorIds, idleSinceMs } of snapshot.workers) {
    const node = byId.get(nodeId)!
    pool.adopt({ id: workerId, node, state, actors: new Set<ActorId>(actorIds), lease: undefined, idleSinceMs })
  }
  snapshot.nodes.forEach((one, number) => {
    const node = nodes[number]!
    const worker = (workerId: string): WorkerRecord => pool.get(workerId)!
    for (const workerId of one.spare) node.spare.add(worker(workerId))
    for (const workerId of one.idle) node.idle.push(worker(workerId))
    for (const workerId of one.shared) node.shared.add(worker(workerId))
    node.spareTarget = one.spareTarget
    node.reportNumber = one.reportNumber
    node.isPaused = one.isPaused
    node.foreign = one.foreign
    for (const allocation of one.foreign) node.slot.ledger.take(allocation)
    scheduler.addSlot(node.slot, () => false)
  })
}

function restoreActor(one: ActorSnapshot, restored: Restored): ActorRecord {
  const { spec, waiting } = one
  const actor = new ActorRecord(spec, true)
  actor.state = one.state
  actor.incarnation = one.incarnation
  actor.workerId = one.workerId
  actor.restartCount = one.restartCount
  actor.death = one.death
  actor.ending = one.ending
  actor.lastExit = one.lastExit
  actor.isLeaving = one.isLeaving
  actor.dropHolder(spec.holder)
  for (const [realm, count] of one.holders) actor.hold(realm, count)
  if (one.place !== undefined) {
    placeAgain(actor, one.place, restored)
    actor.slot!.node.actorCount++
    actor.shape = shapeOf(spec.request, spec.placementCpu, restored)
  }
  if (waiting !== undefined) {
    const { shape: number, seq, ...line } = waiting
    actor.waiting = actorRequest(actor, { ...line, shape: restored.shapes[number]! })
    actor.waiting.seq = seq
    restored.waiting.push(actor.waiting)
  }
  return actor
}

function restoreLease(one: LeaseSnapshot, restored: Restored): LeaseRecord {
  const { leaseId, realm, local, waitsForNodes, workerId } = one
  const shape = one.shape === undefined ? shapeOf(one.request, 0, restored) : restored.shapes[one.shape]!
  const lease = new LeaseRecord(shape, { leaseId, realm, local, waitsForNodes })
  lease.seq = one.seq
  lease.sinceMs = one.sinceMs
  lease.isBlocked = one.isBlocked
  lease.demand = one.demand
  lease.ending = one.ending
  if (one.place !== undefined) placeAgain(lease, one.place, restored)
  if (workerId !== undefined) {
    lease.worker = restored.parts.pool.get(workerId)!
    lease.worker.lease = lease
  }
  if (one.shape !== undefined) restored.waiting.push(lease)
  return lease
}

function placeAgain(record: ActorRecord | LeaseRecord, place: PlaceSnapshot, { slots }: Restored): void {
  record.slot = slots[place.slot]!
  record.allocation = place.allocation
  record.slot.ledger.take(place.allocation)
}

function shapeOf(request: Shape['request'], placementCpu: number, { others }: Restored): Shape {
  const key = `${keyOf(request)} ${placementCpu}`
  let shape = others.get(key)
  if (shape === undefined) others.set(key, (shape = new Shape(key, request, placementCpu)))
  return shape
}

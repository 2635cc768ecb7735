import type { ActorId, Incarnation, NodeId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { ActorSpec, GroupSpec, ResourceRequest } from '../protocol/specs.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import type { ActorRecord } from './actor-record.ts'
import type { ActorState, Death, Refusal } from './cluster-events.ts'
import type { ClusterParts } from './cluster-invariants.ts'
import type { Allocation, Demand } from './demand.ts'
import type { GroupState } from './group-record.ts'
import type { LeaseRecord } from './lease-record.ts'
import type { NodeResources } from './node-ledger.ts'
import type { Shape, Waiting } from './shape.ts'
import type { Slot } from './slot.ts'
import type { NodeRecord, WorkerState } from './worker-pool.ts'

/** Where something is placed: the number of a place (all nodes, all bundles, former bundles, in order), and what it has. */
export interface PlaceSnapshot {
  readonly slot: number
  readonly allocation: Allocation
}

/** A place in the line: of which shape (by number), and since when. */
export interface WaitingSnapshot {
  readonly shape: number
  readonly realm: RealmId
  readonly local: NodeId | undefined
  readonly waitsForNodes: boolean
  readonly seq: number
  readonly sinceMs: number
}

export interface NodeSnapshot {
  readonly nodeId: NodeId
  readonly epoch: number
  readonly labels: Readonly<Record<string, string>>
  readonly isRemote: boolean
  readonly resources: NodeResources
  readonly spareTarget: number
  readonly spare: readonly WorkerId[]
  readonly idle: readonly WorkerId[]
  readonly shared: readonly WorkerId[]
  readonly foreign: readonly Allocation[]
  readonly reportNumber: number
  readonly isPaused: boolean
}

export interface WorkerSnapshot {
  readonly workerId: WorkerId
  readonly nodeId: NodeId
  readonly state: WorkerState
  readonly actorIds: readonly ActorId[]
  readonly idleSinceMs: number | undefined
}

export interface ActorSnapshot {
  readonly spec: ActorSpec
  readonly state: ActorState
  readonly incarnation: Incarnation
  readonly workerId: WorkerId | undefined
  readonly place: PlaceSnapshot | undefined
  readonly waiting: WaitingSnapshot | undefined
  readonly restartCount: number
  readonly death: Death | undefined
  readonly ending: Death | undefined
  readonly lastExit?: WorkerExit | undefined
  readonly isLeaving: boolean
  readonly holders: readonly (readonly [RealmId, number])[]
}

export interface LeaseSnapshot {
  readonly leaseId: string
  readonly realm: RealmId
  readonly request: ResourceRequest
  readonly local: NodeId | undefined
  readonly waitsForNodes: boolean
  readonly seq: number
  readonly sinceMs: number
  /** The number of the shape it waits with. */
  readonly shape: number | undefined
  readonly workerId: WorkerId | undefined
  readonly place: PlaceSnapshot | undefined
  readonly isBlocked: boolean
  /** What it has when its task runs. */
  readonly demand: Demand | undefined
  readonly ending: WorkerExit | undefined
  /** Nobody has it any more; its worker, which is being ended, may still use what it was given. */
  readonly isForgotten: boolean
}

export interface GroupSnapshot {
  readonly spec: GroupSpec
  readonly seq: number
  readonly sinceMs: number
  readonly state: GroupState
  readonly refusal: Refusal | undefined
  readonly short: number
  readonly wasReported: boolean
  /** It is over for so long that only its bundles, which are still in use, are known. */
  readonly isForgotten: boolean
}

/** What a bundle holds of its node. */
export interface BundleSnapshot {
  /** The number of its group. */
  readonly group: number
  readonly index: number
  readonly nodeId: NodeId
  readonly allocation: Allocation
}

export interface ShapeSnapshot {
  readonly request: ResourceRequest
  readonly placementCpu: number
  /** The numbers of its places. */
  readonly slots: readonly number[]
  readonly open: readonly number[]
  readonly wasReported: boolean
  readonly hopelessSinceMs: number | undefined
}

export interface DirectorySnapshot {
  /** The actors that have the names they asked for. */
  readonly named: readonly ActorId[]
  readonly heldBy: readonly (readonly [RealmId, readonly ActorId[]])[]
  readonly early: readonly (readonly [ActorId, readonly { readonly realm: RealmId; readonly count: number }[]])[]
  readonly dead: readonly ActorId[]
}

/** All that a coordinator knows, as data that can be cloned. What is the same object in two fields may be copied twice. */
export interface ClusterSnapshot {
  readonly term: number
  readonly nowMs: number
  readonly nextSeq: number
  readonly nextWorker: number
  readonly hadNodes: boolean
  /** False: it is not yet known again who holds what, so nothing ends because nobody holds it. */
  readonly mayCollect: boolean
  readonly nodes: readonly NodeSnapshot[]
  readonly workers: readonly WorkerSnapshot[]
  readonly actors: readonly ActorSnapshot[]
  readonly directory: DirectorySnapshot
  readonly leases: readonly LeaseSnapshot[]
  /** Workers whose tasks want their CPUs again, by the number of the place, in order. */
  readonly resuming: readonly (readonly [number, readonly WorkerId[]])[]
  readonly groups: readonly GroupSnapshot[]
  readonly bundles: readonly BundleSnapshot[]
  /** Those that went back to their node while something that uses nothing was in them; their places come last. */
  readonly formerBundles: readonly { readonly groupId: string; readonly index: number; readonly nodeId: NodeId }[]
  readonly groupsOver: readonly string[]
  readonly shapes: readonly ShapeSnapshot[]
  /** The shapes that somebody waits with, by number, in the order in which they are looked at. */
  readonly waitingShapes: readonly number[]
}

/** Writes down what the parts of a coordinator's state know, between two events. */
export function takeSnapshot(
  parts: ClusterParts,
  { term, nowMs, mayCollect }: Pick<ClusterSnapshot, 'term' | 'nowMs' | 'mayCollect'>,
): ClusterSnapshot {
  const { actors, leases, groups, pool, scheduler } = parts
  const nodes = [...pool.nodes]
  const inBook = new Set(leases.all)
  const forgotten = [...pool.workers].flatMap(({ lease }) => (lease === undefined || inBook.has(lease) ? [] : [lease]))
  const present = [...nodes.map(({ slot }) => slot), ...groups.slots]
  const slots = new Set(present)
  for (const { slot } of [...actors.all, ...inBook, ...forgotten]) if (slot !== undefined) slots.add(slot)
  const slotNumbers = numbers(slots)
  const shapes = [...scheduler.shapes]
  const shapeNumbers = numbers(shapes)
  return {
    term,
    nowMs,
    mayCollect,
    nextSeq: scheduler.lastSeq + 1,
    ...pool.counters,
    nodes: nodes.map(nodeSnapshot),
    workers: [...pool.workers].map(({ id, node, state, actors: living, idleSinceMs }) => {
      return { workerId: id, nodeId: node.id, state, actorIds: [...living], idleSinceMs }
    }),
    actors: [...actors.all].map((actor) => actorSnapshot(actor, slotNumbers, shapeNumbers)),
    directory: actors.snapshot(),
    leases: [...inBook, ...forgotten].map((lease) => ({
      ...leaseSnapshot(lease, slotNumbers, shapeNumbers),
      isForgotten: !inBook.has(lease),
    })),
    resuming: [...slots].flatMap((slot, number) =>
      slot.resuming.size === 0 ? [] : [[number, [...slot.resuming].map(({ workerId }) => workerId!)] as const],
    ),
    ...groups.snapshot(),
    formerBundles: [...slots].slice(present.length).map(({ bundle, node }) => ({ ...bundle!, nodeId: node.id })),
    shapes: shapes.map((shape) => shapeSnapshot(shape, slotNumbers)),
    waitingShapes: [...scheduler.waitingShapes].map((shape) => shapeNumbers.get(shape)!),
  }
}

function numbers<T>(all: Iterable<T>): Map<T, number> {
  return new Map([...all].map((one, number) => [one, number]))
}

function nodeSnapshot(node: NodeRecord): NodeSnapshot {
  const { id, epoch, labels, isRemote, spareTarget, foreign, reportNumber, isPaused } = node
  const ids = (workers: Iterable<{ readonly id: WorkerId }>): WorkerId[] => [...workers].map((worker) => worker.id)
  const { ledger } = node.slot
  const { CPU: cpus = 0, GPU: _, ...custom } = ledger.total()
  const gpus = { gpus: ledger.gpuCount, gpuStatus: ledger.gpus.all }
  return {
    nodeId: id,
    epoch,
    labels,
    isRemote,
    resources: { cpus, ...gpus, custom },
    spareTarget,
    spare: ids(node.spare),
    idle: ids(node.idle),
    shared: ids(node.shared),
    foreign: [...foreign],
    reportNumber,
    isPaused,
  }
}

interface Placed {
  readonly slot: Slot | undefined
  readonly allocation: Allocation | undefined
}

function placeSnapshot({ slot, allocation }: Placed, slots: ReadonlyMap<Slot, number>): PlaceSnapshot | undefined {
  return slot === undefined || allocation === undefined ? undefined : { slot: slots.get(slot)!, allocation }
}

function waitingSnapshot(waiting: Waiting, shapes: ReadonlyMap<Shape, number>): WaitingSnapshot {
  const { shape, realm, local, waitsForNodes, seq, sinceMs } = waiting
  return { shape: shapes.get(shape)!, realm, local, waitsForNodes, seq, sinceMs }
}

function actorSnapshot(
  actor: ActorRecord,
  slots: ReadonlyMap<Slot, number>,
  shapes: ReadonlyMap<Shape, number>,
): ActorSnapshot {
  const { spec, state, incarnation, workerId, restartCount, death, ending, lastExit, isLeaving } = actor
  return {
    spec,
    state,
    incarnation,
    workerId,
    place: placeSnapshot(actor, slots),
    waiting: actor.waiting === undefined ? undefined : waitingSnapshot(actor.waiting, shapes),
    restartCount,
    death,
    ending,
    lastExit,
    isLeaving,
    holders: [...actor.holders],
  }
}

function leaseSnapshot(
  lease: LeaseRecord,
  slots: ReadonlyMap<Slot, number>,
  shapes: ReadonlyMap<Shape, number>,
): Omit<LeaseSnapshot, 'isForgotten'> {
  const { leaseId, workerId, isBlocked, demand, ending, isQueued } = lease
  const { shape, ...line } = waitingSnapshot(lease, shapes)
  return {
    leaseId,
    ...line,
    request: lease.shape.request,
    shape: isQueued ? shape : undefined,
    workerId,
    place: placeSnapshot(lease, slots),
    isBlocked,
    demand,
    ending,
  }
}

function shapeSnapshot(shape: Shape, slots: ReadonlyMap<Slot, number>): ShapeSnapshot {
  const placesOf = (some: Iterable<Slot>): number[] => [...some].map((slot) => slots.get(slot)!)
  return {
    request: shape.request,
    placementCpu: shape.placementRequest.cpu,
    slots: placesOf(shape.slots),
    open: placesOf(shape.open),
    wasReported: shape.wasReported,
    hopelessSinceMs: shape.hopelessSinceMs,
  }
}

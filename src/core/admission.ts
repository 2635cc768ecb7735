import type { NodeId } from '../protocol/ids.ts'
import type { ResourceRequest } from '../protocol/specs.ts'
import { deathByRefusal } from './actor-life.ts'
import type { ActorRecord } from './actor-record.ts'
import type { Books } from './books.ts'
import type { ClusterEvent, Death, Refusal } from './cluster-events.ts'
import { refusal } from './feasibility.ts'
import type { GroupBook } from './group-book.ts'
import type { LeaseBook } from './lease-book.ts'
import type { Shape, Waiting } from './shape.ts'

/** What waits and could be nowhere, since its node was lost, is refused after this time. */
const hopelessMs = 30_000

interface AdmissionOptions {
  readonly leases: LeaseBook
  readonly groups: GroupBook
  /** The worker of an actor, if it has one. */
  workerOf(actorId: string): string | undefined
  bury(actor: ActorRecord, death: Death): void
}

/** Who gets into the line for resources, and who is refused because no node could ever give what it asks for. */
export class Admission {
  readonly #books: Books
  readonly #options: AdmissionOptions

  constructor(books: Books, options: AdmissionOptions) {
    this.#books = books
    this.#options = options
  }

  /** Why no node could ever give this; undefined when one could, and before the first node has joined. */
  refusalOf(request: ResourceRequest, placementCpu = 0): Refusal | undefined {
    return this.#refusalFor(this.#books.scheduler.shapeOf(request, placementCpu))
  }

  #refusalFor(shape: Shape): Refusal | undefined {
    const { pool } = this.#books
    if (shape.slots.size > 0) return undefined
    if (shape.request.bundle !== undefined) return this.#options.groups.refusalIn(shape)
    return pool.hadNodes ? refusal(shape.placementRequest, [...pool.nodes]) : undefined
  }

  /** An actor waits from now on. */
  enqueue(actor: ActorRecord): void {
    const { scheduler, pool, nowMs } = this.#books
    const { request, placementCpu, creator, waitForResources } = actor.spec
    const realm = this.#options.workerOf(creator) ?? creator
    const shape = scheduler.shapeOf(request, placementCpu)
    const local = pool.nodeOf(realm)
    actor.waiting = actorRequest(actor, { shape, realm, local, waitsForNodes: waitForResources, sinceMs: nowMs })
    scheduler.add(actor.waiting)
  }

  requestLease(event: Extract<ClusterEvent, { readonly type: 'leaseRequested' }>): void {
    const { leaseId, realm, request, waitForResources, nearNodeId } = event
    const { scheduler, pool, nowMs } = this.#books
    const local = nearNodeId ?? pool.nodeOf(realm)
    if (local === undefined && pool.hasEnded(realm)) return
    const shape = scheduler.shapeOf(request)
    const refused = waitForResources || shape.slots.size > 0 ? undefined : this.#refusalFor(shape)
    if (refused !== undefined) return this.#books.emit({ type: 'refuseLease', leaseId, realm, refusal: refused })
    const lease = this.#options.leases.open(shape, { leaseId, realm, local, waitsForNodes: waitForResources })
    if (lease === undefined) return
    lease.sinceMs = nowMs
    scheduler.add(lease)
  }

  #refuse(waiting: Waiting, refused: Refusal): void {
    if (waiting.type === 'actor') return this.#options.bury(waiting.actor, deathByRefusal(refused))
    const { leaseId, realm } = waiting
    this.#options.leases.drop(waiting)
    this.#books.emit({ type: 'refuseLease', leaseId, realm, refusal: refused })
  }

  /** Refuses all that waits and could be nowhere, of the shapes that are due. */
  refuseHopeless(isDue: (shape: Shape) => boolean): void {
    for (const shape of [...this.#books.scheduler.waitingShapes]) {
      const refused = isDue(shape) ? this.#refusalFor(shape) : undefined
      if (refused === undefined) continue
      for (const waiting of shape.waiting()) {
        const mayWait = waiting.waitsForNodes && refused.isGroupRemoved !== true
        if (waiting.isQueued && !mayWait) this.#refuse(waiting, refused)
      }
    }
  }

  /** Refuses what has been hopeless for long. */
  timePassed(nowMs: number): void {
    for (const shape of this.#books.scheduler.waitingShapes) {
      if (shape.slots.size === 0) shape.hopelessSinceMs ??= nowMs
      else shape.hopelessSinceMs = undefined
    }
    this.refuseHopeless(({ hopelessSinceMs: since }) => since !== undefined && nowMs - since >= hopelessMs)
  }
}

interface RequestTerms {
  readonly shape: Shape
  readonly realm: string
  readonly local: NodeId | undefined
  readonly waitsForNodes: boolean
  readonly sinceMs: number
}

/** A place in the line for an actor, not yet in it. */
export function actorRequest(actor: ActorRecord, terms: RequestTerms): NonNullable<ActorRecord['waiting']> {
  return { type: 'actor', actor, ...terms, seq: 0, previous: undefined, next: undefined, isQueued: false }
}

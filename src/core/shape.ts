import type { NodeId, RealmId } from '../protocol/ids.ts'
import type { ResourceRequest } from '../protocol/specs.ts'
import type { ActorRecord } from './actor-record.ts'
import { type Demand, demandOf } from './demand.ts'
import type { LeaseRecord } from './lease-record.ts'
import type { Slot } from './slot.ts'

/** A place in the line of all that waits for resources. */
interface LinePlace {
  shape: Shape
  /** The realm that asked. */
  readonly realm: RealmId
  /** The node it should be on, if it can. */
  readonly local: NodeId | undefined
  readonly waitsForNodes: boolean
  /** Its place among all that waits. */
  seq: number
  /** When it came, in the coordinator's time. */
  sinceMs: number
  previous: Waiting | undefined
  next: Waiting | undefined
  isQueued: boolean
}

/** An actor that waits for resources. */
export interface ActorRequest extends LinePlace {
  readonly type: 'actor'
  readonly actor: ActorRecord
}

/** Something that waits for resources: an actor or a lease. It is in the list of its shape. */
export type Waiting = ActorRequest | LeaseRecord

/** What alike requests have in common: where they could be, where they may fit now, and those that wait, in order. */
export class Shape {
  readonly key: string
  readonly request: ResourceRequest
  readonly demand: Demand
  /** What a place must have in all for it to be considered. */
  readonly placementRequest: ResourceRequest
  readonly placement: Demand
  /** The places that could ever have it. */
  readonly slots: Set<Slot> = new Set()
  /** At least those of them that have room now; the one chosen last is at the end. */
  readonly open: Set<Slot> = new Set()
  head: Waiting | undefined
  #tail: Waiting | undefined
  count = 0
  /** All its places must be tried again. */
  isDirty = false
  /** What was freed in this round was tried. */
  isTried = false
  wasReported = false
  /** Since when no place could ever have it. */
  hopelessSinceMs: number | undefined

  constructor(key: string, request: ResourceRequest, placementCpu: number) {
    this.key = key
    this.request = request
    this.demand = demandOf(request)
    this.placementRequest = { ...request, cpu: Math.max(request.cpu, placementCpu) }
    this.placement = demandOf(this.placementRequest)
  }

  get headSeq(): number {
    return this.head?.seq ?? Number.POSITIVE_INFINITY
  }

  append(waiting: Waiting): void {
    if (this.count === 0) this.wasReported = false
    waiting.previous = this.#tail
    if (this.#tail === undefined) this.head = waiting
    else this.#tail.next = waiting
    this.#tail = waiting
    waiting.isQueued = true
    this.count++
  }

  remove(waiting: Waiting): void {
    if (waiting.previous === undefined) this.head = waiting.next
    else waiting.previous.next = waiting.next
    if (waiting.next === undefined) this.#tail = waiting.previous
    else waiting.next.previous = waiting.previous
    waiting.previous = waiting.next = undefined
    waiting.isQueued = false
    this.count--
    if (this.count === 0) this.hopelessSinceMs = undefined
  }

  *waiting(): Generator<Waiting> {
    // What is removed on the way has lost its link to the next.
    for (let one = this.head; one !== undefined; ) {
      const { next } = one
      yield one
      one = next
    }
  }
}

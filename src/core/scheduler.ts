import type { GpuNeeds } from '../protocol/gpu-provider.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { ResourceRequest } from '../protocol/specs.ts'
import { type Allocation, cpuBit, gpuBit, keyOf, type ResourceMask } from './demand.ts'
import { chooseDefault } from './placement/default.ts'
import { chooseSpread } from './placement/spread.ts'
import { Shape, type Waiting } from './shape.ts'
import { type Slot, viewOf } from './slot.ts'

/** Several places wanted at once, all or none: a placement group that waits. */
export interface Gang {
  readonly seq: number
  /** What it is short of while it waits: nobody behind it takes of that where it could be. */
  readonly short: ResourceMask
  couldUse(slot: Slot): boolean
  /** Takes its places if all are free; `keptOn` says what those ahead of it are short of on a slot. */
  tryStart(keptOn: (slot: Slot) => ResourceMask): boolean
}

interface SchedulerOptions {
  /** The places that could ever have it, for a shape that is seen for the first time. */
  slotsFor(shape: Shape): Iterable<Slot>
  start(waiting: Waiting, slot: Slot, allocation: Allocation): void
}

/** With more nodes than this, the choice is between these many. */
const choiceCount = 16
/** Shapes that nobody waits for are remembered up to this number. */
const idleShapeCount = 32

/**
 * First come, first served, with back-fill: a later request may pass an earlier one, but never takes on any place of a
 * resource that the earlier one is short of there. So nothing starves, and nothing waits for what nobody ahead needs.
 *
 * Alike requests wait in one list. After an event only the places that were freed are looked at, and only the first of
 * each list: between events, no first one has a place it may take.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #shapes = new Map<string, Shape>()
  readonly #waiting = new Set<Shape>()
  readonly #gangs = new Set<Gang>()
  readonly #triedGangs = new Set<Gang>()
  readonly #freed = new Set<Slot>()
  readonly #nodeSlots = new Map<NodeId, Slot>()
  #nextSeq = 1
  #waitingCount = 0
  #lastRequest: ResourceRequest | undefined
  #lastPlacementCpu = 0
  #lastKey = ''

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  get waitingCount(): number {
    return this.#waitingCount
  }

  get waitingShapes(): Iterable<Shape> {
    return this.#waiting
  }

  /** All that waits, in no order. */
  line(): Waiting[] {
    return [...this.#waiting].flatMap((shape) => [...shape.waiting()])
  }

  /** A place among all that waits, for what comes now. */
  nextSeq(): number {
    return this.#nextSeq++
  }

  // ---- shapes and places

  /** By what alike requests are known. */
  keyOf(request: ResourceRequest, placementCpu: number): string {
    // Actors that are started alike ask with one and the same object.
    if (request === this.#lastRequest && placementCpu === this.#lastPlacementCpu) return this.#lastKey
    const base = keyOf(request)
    this.#lastRequest = request
    this.#lastPlacementCpu = placementCpu
    return (this.#lastKey = placementCpu > request.cpu ? `${base}|p${placementCpu}` : base)
  }

  shapeOf(request: ResourceRequest, placementCpu = 0): Shape {
    const key = this.keyOf(request, placementCpu)
    return this.#shapes.get(key) ?? this.#newShape(key, request, placementCpu)
  }

  #newShape(key: string, request: ResourceRequest, placementCpu: number): Shape {
    const shape = new Shape(key, request, placementCpu)
    for (const slot of this.#options.slotsFor(shape)) this.#admit(shape, slot)
    this.#forgetIdle()
    this.#shapes.set(key, shape)
    return shape
  }

  #forgetIdle(): void {
    if (this.#shapes.size - this.#waiting.size < idleShapeCount) return
    for (const [key, shape] of this.#shapes) {
      if (shape.count > 0) continue
      this.#shapes.delete(key)
      return
    }
  }

  #admit(shape: Shape, slot: Slot): void {
    shape.slots.add(slot)
    shape.open.add(slot)
  }

  /** A new place; `isFor` says which shapes could ever be there. */
  addSlot(slot: Slot, isFor: (shape: Shape) => boolean): void {
    if (slot.bundle === undefined) this.#nodeSlots.set(slot.node.id, slot)
    for (const shape of this.#shapes.values()) if (isFor(shape)) this.#admit(shape, slot)
    this.freed(slot)
  }

  removeSlot(slot: Slot): void {
    if (slot.bundle === undefined) this.#nodeSlots.delete(slot.node.id)
    this.#freed.delete(slot)
    for (const shape of this.#shapes.values()) {
      shape.slots.delete(slot)
      shape.open.delete(slot)
    }
  }

  /** Where a shape could be has changed in other ways. */
  replaceSlots(shape: Shape, slots: readonly Slot[]): void {
    shape.slots.clear()
    shape.open.clear()
    for (const slot of slots) this.#admit(shape, slot)
    this.#retryAfter(0)
  }

  #retryAfter(seq: number): void {
    for (const shape of this.#waiting) if (shape.headSeq > seq) shape.isDirty = true
    this.#triedGangs.clear()
  }

  get shapes(): Iterable<Shape> {
    return this.#shapes.values()
  }

  /** Something was given back there. */
  freed(slot: Slot): void {
    this.#freed.add(slot)
  }

  /** The last place in the line that was given. */
  get lastSeq(): number {
    return this.#nextSeq - 1
  }

  /** Goes on where another scheduler was between two events: these wait, and the groups have just been tried. */
  restore(terms: { shapes: Iterable<Shape>; waiting: Iterable<Shape>; gangs: Iterable<Gang>; lastSeq: number }): void {
    for (const shape of terms.shapes) this.#shapes.set(shape.key, shape)
    for (const shape of terms.waiting) {
      this.#waiting.add(shape)
      this.#waitingCount += shape.count
    }
    for (const gang of terms.gangs) {
      this.#gangs.add(gang)
      this.#triedGangs.add(gang)
    }
    this.#freed.clear()
    this.#nextSeq = terms.lastSeq + 1
  }

  // ---- what waits

  add(waiting: Waiting): void {
    const { shape } = waiting
    waiting.seq = this.#nextSeq++
    shape.append(waiting)
    this.#waitingCount++
    if (shape.count > 1) return
    this.#waiting.add(shape)
    shape.isDirty = true
  }

  remove(waiting: Waiting): void {
    if (!waiting.isQueued) return
    const { shape } = waiting
    const wasHead = shape.head === waiting
    shape.remove(waiting)
    this.#waitingCount--
    if (wasHead) this.#headMoved(shape, waiting.seq)
  }

  addGang(gang: Gang): void {
    this.#gangs.add(gang)
  }

  removeGang(gang: Gang): void {
    if (this.#gangs.delete(gang)) this.#retryAfter(gang.seq)
  }

  // Those between its old and its new place had to leave alone what it was short of.
  #headMoved(shape: Shape, from: number): void {
    if (shape.count === 0) {
      this.#waiting.delete(shape)
      shape.isDirty = false
    }
    const to = shape.headSeq
    for (const other of this.#waiting) {
      if (other.headSeq > from && other.headSeq < to && (other.demand.uses & shape.demand.uses) !== 0)
        other.isDirty = true
    }
    if (this.#triedGangs.size > 0) this.#triedGangs.clear()
  }

  // ---- who starts

  /** Starts all that can start, in order. */
  dispatch(): void {
    if (this.#freed.size > 0) this.#triedGangs.clear()
    for (;;) {
      const next = this.#next()
      if (next === undefined) break
      if (next instanceof Shape) this.#tryShape(next)
      else this.#tryGang(next)
    }
    if (this.#freed.size === 0) return
    for (const shape of this.#shapes.values()) {
      shape.isTried = false
      for (const slot of this.#freed) if (slot.ledger.fits(shape.demand) && shape.slots.has(slot)) shape.open.add(slot)
    }
    this.#freed.clear()
  }

  #next(): Shape | Gang | undefined {
    let best: Shape | Gang | undefined
    let bestSeq = Number.POSITIVE_INFINITY
    const isAnyFreed = this.#freed.size > 0
    for (const shape of this.#waiting) {
      if (shape.headSeq >= bestSeq || !(shape.isDirty || (isAnyFreed && !shape.isTried))) continue
      best = shape
      bestSeq = shape.headSeq
    }
    for (const gang of this.#gangs) {
      if (gang.seq >= bestSeq || this.#triedGangs.has(gang)) continue
      best = gang
      bestSeq = gang.seq
    }
    return best
  }

  #tryShape(shape: Shape): void {
    const waiting = shape.head!
    const slot = this.#find(shape, waiting)
    if (slot === undefined) {
      shape.isDirty = false
      shape.isTried = this.#freed.size > 0
      return
    }
    const allocation = slot.ledger.acquire(shape.demand, this.#keptGpus(slot, shape, waiting.seq))!
    // It is the next one's turn there, where others are as good.
    if (shape.open.size > 1 && shape.open.delete(slot)) shape.open.add(slot)
    shape.remove(waiting)
    this.#waitingCount--
    this.#headMoved(shape, waiting.seq)
    this.#options.start(waiting, slot, allocation)
  }

  #tryGang(gang: Gang): void {
    const before = gang.short
    if (gang.tryStart((slot) => this.#keptOn(slot, gang.seq))) return this.removeGang(gang)
    // What it is no longer short of is free for those behind it.
    if ((before & ~gang.short) !== 0) this.#retryAfter(gang.seq)
    this.#triedGangs.add(gang)
  }

  #find(shape: Shape, { seq, local }: Waiting): Slot | undefined {
    const ahead = this.#ahead(shape, seq)
    if (this.#isBarred(shape, ahead)) return undefined
    const isSpread = shape.request.strategy?.type === 'spread'
    const near = isSpread ? undefined : this.#nearSlot(shape, local)
    const fitting: Slot[] = []
    if (near !== undefined && this.#mayTake(near, shape, ahead)) fitting.push(near)
    // Elsewhere than where something was freed, nothing has changed since all was tried.
    if (shape.isDirty) {
      for (const slot of shape.open) {
        if (fitting.length === choiceCount) break
        if (slot !== near && this.#mayTake(slot, shape, ahead)) fitting.push(slot)
      }
    }
    for (const slot of this.#freed) {
      if (fitting.length === choiceCount) break
      const isNew = slot !== near && shape.slots.has(slot) && !(shape.isDirty && shape.open.has(slot))
      if (isNew && this.#mayTake(slot, shape, ahead)) fitting.push(slot)
    }
    if (fitting.length < 2) return fitting[0]
    return fitting[isSpread ? chooseSpread() : chooseDefault(fitting.map(viewOf), local)]
  }

  // The place it should be, when that is one of those to look at.
  #nearSlot(shape: Shape, local: NodeId | undefined): Slot | undefined {
    if (local === undefined || (!shape.isDirty && this.#freed.size < 2)) return undefined
    const near = this.#nodeSlots.get(local)
    if (near === undefined) return undefined
    const isCandidate = (shape.isDirty && shape.open.has(near)) || (this.#freed.has(near) && shape.slots.has(near))
    return isCandidate ? near : undefined
  }

  // Somebody ahead who could be everywhere finds no place: each lacks, or keeps for others, something that it needs.
  // Whoever needs all that and more finds none either.
  #isBarred(shape: Shape, ahead: readonly Shape[]): boolean {
    if (shape.request.bundle !== undefined) return false
    // Who needs some GPUs only keeps those alone: others may find one where somebody ahead who wants more of them does not.
    if (ahead.some(({ demand }) => demand.gpuNeeds !== undefined)) return false
    return ahead.some(
      (other) =>
        (other.demand.uses & ~shape.demand.uses) === 0 &&
        other.request.bundle === undefined &&
        other.slots.size === this.#nodeSlots.size,
    )
  }

  // Those whose shortages it must respect.
  #ahead(shape: Shape, seq: number): Shape[] {
    if (shape.demand.uses === 0) return []
    const ahead: Shape[] = []
    for (const other of this.#waiting) {
      if (other.headSeq < seq && (other.demand.uses & shape.demand.uses) !== 0) ahead.push(other)
    }
    return ahead
  }

  #mayTake(slot: Slot, shape: Shape, ahead: readonly Shape[]): boolean {
    if (!slot.ledger.fits(shape.demand)) {
      shape.open.delete(slot)
      return false
    }
    if (slot.node.isPaused) return false
    const { uses } = shape.demand
    if (uses === 0) return true
    if (slot.resuming.size > 0 && (uses & cpuBit) !== 0) return false
    const kept: GpuNeeds[] = []
    for (const other of ahead) {
      const lacking = other.slots.has(slot) ? slot.ledger.lacking(other.demand) & uses : 0
      if (lacking === 0) continue
      if (lacking !== gpuBit || other.demand.gpuNeeds === undefined) return false
      // Of its GPUs the other one waits for some only.
      kept.push(other.demand.gpuNeeds)
    }
    if (kept.length > 0 && !slot.ledger.fitsBeside(shape.demand, kept)) return false
    const seq = shape.headSeq
    for (const gang of this.#gangs) if (gang.seq < seq && (gang.short & uses) !== 0 && gang.couldUse(slot)) return false
    return true
  }

  // What those ahead need of the GPUs that they wait for there.
  #keptGpus(slot: Slot, shape: Shape, seq: number): GpuNeeds[] {
    if ((shape.demand.uses & gpuBit) === 0) return []
    return this.#ahead(shape, seq).flatMap(({ slots, demand }) => {
      if (demand.gpuNeeds === undefined || !slots.has(slot)) return []
      return (slot.ledger.lacking(demand) & gpuBit) === 0 ? [] : [demand.gpuNeeds]
    })
  }

  /** What those ahead of a place in the line are short of on a slot. */
  #keptOn(slot: Slot, seq: number): ResourceMask {
    let kept = slot.resuming.size > 0 ? cpuBit : 0
    for (const other of this.#waiting) {
      if (other.headSeq < seq && other.slots.has(slot)) kept |= slot.ledger.lacking(other.demand)
    }
    for (const gang of this.#gangs) if (gang.seq < seq && gang.couldUse(slot)) kept |= gang.short
    return kept
  }

  // ---- what must be true

  /** Throws when something waits although it could start. */
  checkInvariants(): void {
    let count = 0
    for (const shape of this.#shapes.values()) {
      count += shape.count
      if (shape.count > 0 !== this.#waiting.has(shape)) throw new Error(`bug: ${shape.key} is not known to wait`)
      for (const slot of shape.slots) this.#checkSlot(shape, slot)
    }
    for (const shape of this.#waiting) {
      if (this.#shapes.get(shape.key) !== shape) throw new Error(`bug: the waiting shape ${shape.key} was forgotten`)
    }
    if (count !== this.#waitingCount) throw new Error(`bug: ${count} wait, ${this.#waitingCount} were counted`)
  }

  #checkSlot(shape: Shape, slot: Slot): void {
    if (!slot.ledger.canEverFit(shape.placement))
      throw new Error(`bug: ${shape.key} could never be on ${slot.node.id}, where it is looked for`)
    if (slot.bundle === undefined && this.#nodeSlots.get(slot.node.id) !== slot)
      throw new Error(`bug: ${shape.key} is looked for on ${slot.node.id}, which is gone`)
    if (!slot.ledger.fits(shape.demand)) return
    if (!shape.open.has(slot)) throw new Error(`bug: ${shape.key} does not know that ${slot.node.id} has room`)
    if (shape.count > 0 && this.#mayTake(slot, shape, this.#ahead(shape, shape.headSeq)))
      throw new Error(`bug: ${shape.key} waits although ${slot.node.id} has room for it`)
  }
}

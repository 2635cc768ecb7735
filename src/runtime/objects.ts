import { type Holders, ObjectTable } from '../core/object-table.ts'
import { isPrimitive } from '../protocol/codec.ts'
import { ObjectFreedError, ObjectLostError, OwnerDiedError } from '../protocol/errors.ts'
import { deviceMark, mainOf, type ObjectId, ownerOf, type RealmId } from '../protocol/ids.ts'
import { Op } from '../protocol/messages.ts'
import { sizeOf } from '../protocol/size-of.ts'
import type { Link } from './link.ts'
import { ObjectEntry, type Reading, type Stored } from './object-entry.ts'
import { entryOf, isObjectRef, ObjectRef } from './object-ref.ts'
import type { Runtime } from './runtime.ts'
import type { LiveKind } from './values.ts'

/** An object as `listObjects` shows it. */
export interface ObjectView {
  readonly objectId: ObjectId
  /** The realm that made it. */
  readonly owner: RealmId
  /** The realm that keeps it: its owner, or the main realm of the node after a graceful end of the owner. */
  readonly keeper: RealmId
  readonly state: 'PENDING' | 'READY' | 'FAILED' | 'FREED'
  /** About how many bytes its value takes; undefined for small ones, which are not counted. */
  readonly bytes: number | undefined
  /** Where its value is. */
  readonly place: 'memory' | 'shared-memory' | 'disk' | 'gpu' | undefined
  /** The other realms that hold it. */
  readonly holders: readonly RealmId[]
}

/** Values up to this many bytes travel with their refs, so that reading them asks nobody. */
const inlineBytes = 8192

/** The objects a realm keeps or has borrowed. */
export class Objects {
  readonly #runtime: Runtime
  readonly #table: ObjectTable
  /** Kept objects that other realms hold. The others live by their refs alone. */
  readonly #lent = new Map<ObjectId, ObjectEntry>()
  readonly #borrowed = new Map<ObjectId, WeakRef<ObjectEntry>>()
  readonly #collected = new FinalizationRegistry<ObjectId>((id) => this.#giveBack(id))
  #nextNumber = 1

  constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.#table = new ObjectTable(runtime.realmId, {
      hasEnded: (realm) => runtime.isLost(realm),
      custodianOf: mainOf,
      sendChange: (to, id, holder, count) => runtime.linkTo(to).connection.send(Op.hold, id, holder, count),
      unheld: (id) => this.#unheld(id),
    })
  }

  /** Objects of this realm that others hold, and objects of others that this realm holds. */
  get counts(): { lent: number; borrowed: number } {
    const { lent, borrowed } = this.#table.counts
    return { lent, borrowed }
  }

  keeperOf(id: ObjectId): RealmId {
    return this.#table.keeperOf(id)
  }

  create(where: 'gpu' | 'memory' = 'memory'): ObjectEntry {
    const mark = where === 'gpu' ? deviceMark : ''
    return new ObjectEntry(this.#runtime, `${this.#runtime.realmId}:${this.#nextNumber++}${mark}`)
  }

  addRef(_ref: object, entry: ObjectEntry): void {
    entry.refCount++
    entry.isAbandoned = false
  }

  dropRef(_ref: object, entry: ObjectEntry): void {
    entry.refCount--
    if (entry.refCount > 0) return
    if (this.#borrowed.has(entry.id)) this.#giveBack(entry.id)
    else if (!this.#table.isLent(entry.id)) this.#abandon(entry)
  }

  // Nobody has a ref any more. What is still to come is not kept.
  #abandon(entry: ObjectEntry): void {
    if (entry.isSettled) entry.free()
    else entry.isAbandoned = true
  }

  // ---- refs that travel

  /** Gives another realm a hold on an object, before the message that carries the ref is sent to it. */
  grant(entry: ObjectEntry, receiver: RealmId): void {
    const { realmId } = this.#runtime
    const isKept = entry.owner === realmId || entry.isTakenOver
    if (isKept && entry.keeper === realmId && receiver !== realmId) this.#lent.set(entry.id, entry)
    this.#table.sent(entry.id, receiver, isKept)
  }

  /** Another realm tells that `holder` has more or fewer holds. */
  changeHold(id: ObjectId, holder: RealmId, count: number): void {
    this.#table.changed(id, holder, count)
  }

  #unheld(id: ObjectId): void {
    const entry = this.#lent.get(id)
    if (entry === undefined) return this.#runtime.shared.unheld(id)
    this.#lent.delete(id)
    if (entry.refCount <= 0) this.#abandon(entry)
  }

  /** A ref that arrived from another realm, which was given a hold for this one. */
  adopt(id: ObjectId): ObjectRef {
    if (!this.#table.arrived(id)) return new ObjectRef(this.#kept(id))
    let entry = this.#borrowed.get(id)?.deref()
    if (entry === undefined) {
      entry = new ObjectEntry(this.#runtime, id)
      this.#borrowed.set(id, new WeakRef(entry))
      this.#collected.register(entry, id)
    }
    return new ObjectRef(entry)
  }

  // A ref that comes back to where its object is kept; or was, until it was freed or its owner crashed.
  #kept(id: ObjectId): ObjectEntry {
    const known = this.#lent.get(id) ?? this.#borrowed.get(id)?.deref()
    if (known !== undefined) return known
    const entry = new ObjectEntry(this.#runtime, id)
    const text = `The object ${id} was freed before this ref to it came back.`
    const error = this.#isOwn(id) ? new ObjectFreedError(text, { objectId: id }) : this.#crashed(id)
    entry.reject(this.#runtime.values.packThrown(error))
    return entry
  }

  #isOwn(id: ObjectId): boolean {
    return ownerOf(id) === this.#runtime.realmId
  }

  #giveBack(id: ObjectId): void {
    const entry = this.#borrowed.get(id)?.deref()
    // A later ref made it live again.
    if (entry !== undefined && entry.refCount > 0) return
    this.#borrowed.delete(id)
    if (entry?.isSettled) entry.free()
    if (!this.#runtime.isShutDown) this.#table.dropped(id)
  }

  // ---- buffers of shared memory are lent as objects are

  lendBuffer(id: ObjectId, receiver: RealmId): void {
    this.#table.sent(id, receiver, ownerOf(id) === this.#runtime.realmId)
  }
  bufferArrived(id: ObjectId): void {
    this.#table.arrived(id)
  }
  bufferDropped(id: ObjectId): void {
    this.#table.dropped(id)
  }
  isLent(id: ObjectId): boolean {
    return this.#table.isLent(id)
  }

  // ---- realms that end

  /** A realm starts to hand its objects over. */
  handingOver(realm: RealmId): void {
    this.#table.handingOver(realm)
  }

  realmEnded(realm: RealmId): void {
    this.#table.realmEnded(realm)
  }

  /** This realm is about to hand its objects over. */
  leaving(): void {
    this.#table.leaving()
  }

  /** What must be handed over: kept objects that others hold. Callbacks and signals end with their realm. */
  toHandOver(): ObjectEntry[] {
    const isValue = (entry: ObjectEntry): boolean => entry.isSettled || entry.cancel !== undefined
    return [...this.#lent.values()].filter((entry) => this.#table.isLent(entry.id) && isValue(entry))
  }

  /** Everything has been handed over. */
  handedOver(): void {
    this.#table.handedOver()
  }

  /** Gives the books of an object away. It is served here until this realm ends. */
  handOver(entry: ObjectEntry): Holders {
    return this.#table.handOver(entry.id)
  }

  /** Takes an object of a realm of this node that is about to end. */
  takeOver(id: ObjectId, holders: Holders, isError: boolean, stored: Stored): void {
    const entry = this.#borrowed.get(id)?.deref() ?? this.#lent.get(id) ?? new ObjectEntry(this.#runtime, id)
    this.#borrowed.delete(id)
    this.#lent.set(id, entry)
    // The books first: what is kept here is no copy, which might be dropped.
    this.#table.takeOver(id, holders)
    entry.takeOver(isError, stored)
  }

  // ---- values

  disposedError(id: ObjectId): ObjectFreedError {
    return new ObjectFreedError(`The ref ${id} was disposed in this realm; keep it, or get the value first.`, {
      objectId: id,
    })
  }

  freedError(entry: ObjectEntry): ObjectFreedError {
    return new ObjectFreedError(`The object ${entry.id} was freed: by free(), or with its last ref.`, {
      objectId: entry.id,
    })
  }

  /** Frees an object for everyone; elsewhere its keeper is asked to. */
  freeNow(entry: ObjectEntry): void {
    if (entry.keeper !== this.#runtime.realmId) this.#runtime.linkTo(entry.keeper).tell('freeObject', entry.id)
    if (entry.isSettled) entry.free()
    else entry.whenSettled(() => entry.free())
  }

  /** Starts to bring a borrowed object here, once. */
  fetch(entry: ObjectEntry): void {
    if (entry.isSettled || entry.isFetching) return
    if (entry.keeper === this.#runtime.realmId) {
      // Its owner handed nothing over.
      if (!this.#isOwn(entry.id)) entry.reject(this.#runtime.values.packThrown(this.#crashed(entry.id)))
      return
    }
    entry.isFetching = true
    this.#fetchFrom(entry.keeper, entry.id, {
      resolve: (stored) => entry.resolve(stored),
      reject: (stored) => entry.reject(stored),
    })
  }

  /** Brings the value of a borrowed object here once more: its copy had to make room. */
  fetchAgain(id: ObjectId): Promise<Reading> {
    return new Promise((resolve, reject) => {
      this.bring(id, {
        resolve: (stored) => resolve({ stored, isPrivate: true }),
        reject: (stored) => reject(this.#runtime.values.openThrown(stored).thrown),
      })
    })
  }

  /** Brings the value of a borrowed object to `sink`, which keeps it. */
  bring(id: ObjectId, sink: Pick<ObjectEntry, 'resolve' | 'reject'>): void {
    this.#fetchFrom(this.keeperOf(id), id, sink)
  }

  #fetchFrom(keeper: RealmId, id: ObjectId, sink: Pick<ObjectEntry, 'resolve' | 'reject'>): void {
    const { values } = this.#runtime
    this.#runtime.linkTo(keeper).request(Op.fetch, [id], {
      onValue: (value, specials) => sink.resolve({ value, specials: values.fromWire(specials) }),
      onError: (value, specials) => sink.reject({ value, specials: values.fromWire(specials) }),
      onLost: (reason) => {
        // It may have handed its objects over before it ended.
        const custodian = mainOf(ownerOf(id))
        if (keeper !== custodian && this.#runtime.realmId !== custodian && !this.#runtime.isShutDown)
          this.#fetchFrom(custodian, id, sink)
        else sink.reject(values.packThrown(this.#ownerDied(id, reason)))
      },
    })
  }

  #ownerDied(id: ObjectId, how: string): OwnerDiedError {
    const reason = this.#runtime.node?.lostDevices.get(ownerOf(id)) ?? how
    return new OwnerDiedError(`The owner of the object ${id} (${ownerOf(id)}) has ended: ${reason}.`, { objectId: id })
  }

  #crashed(id: ObjectId): OwnerDiedError {
    return this.#ownerDied(id, 'it crashed or was killed, and what it kept is gone')
  }

  /** An object kept here that other realms hold. */
  lent(id: ObjectId): ObjectEntry | undefined {
    return this.#lent.get(id)
  }

  /** Answers another realm that wants a value kept here. */
  serve(link: Link, callId: number, id: ObjectId, limitBytes?: number): void {
    const { values } = this.#runtime
    const entry = this.#lent.get(id)
    if (entry === undefined) {
      const gone = new ObjectLostError(`The object ${id} is not here any more.`, { objectId: id })
      return link.replyError(callId, values.packThrown(this.#isOwn(id) ? gone : this.#crashed(id)))
    }
    this.fetch(entry)
    entry.whenSettled(() => void this.#answer(link, callId, entry, limitBytes))
  }

  #answer(link: Link, callId: number, entry: ObjectEntry, limitBytes = Number.POSITIVE_INFINITY): void {
    const { values } = this.#runtime
    const { kept, onDevice } = entry
    // Shared memory is passed on as it is.
    if (kept !== undefined && kept.bytes > limitBytes && kept.place !== 'shared-memory')
      return link.connection.send(Op.sized, callId, kept.bytes)
    if (onDevice !== undefined && limitBytes !== Number.POSITIVE_INFINITY)
      return link.connection.send(Op.sized, callId, onDevice.bytes)
    if (entry.state === 'error') return link.replyError(callId, values.packStored(entry.stored!))
    if (entry.state === 'freed') return link.replyError(callId, values.packThrown(this.freedError(entry)))
    const reply = ({ stored }: Reading): void => link.replyValue(callId, { ...stored, transfer: undefined }, 'value')
    const reading = entry.read()
    if ('stored' in reading) reply(reading)
    else reading.then(reply, (error) => link.replyError(callId, values.packThrown(error)))
  }

  /** What this realm keeps for others, and its large objects. */
  list(): ObjectView[] {
    const views = new Map<ObjectId, ObjectView>()
    for (const kept of this.#runtime.memory.primaries()) views.set(kept.id, this.#view(kept.id, 'READY', kept))
    const states = { pending: 'PENDING', value: 'READY', error: 'FAILED', freed: 'FREED' } as const
    for (const entry of this.#lent.values())
      views.set(entry.id, this.#view(entry.id, states[entry.state], entry.onDevice ?? entry.kept))
    return [...views.values()]
  }

  #view(id: ObjectId, state: ObjectView['state'], kept: Pick<ObjectView, 'bytes' | 'place'> | undefined): ObjectView {
    const { realmId } = this.#runtime
    const holders = this.#table.holdersOf(id).map(([realm]) => realm)
    return { objectId: id, owner: ownerOf(id), keeper: realmId, state, bytes: kept?.bytes, place: kept?.place, holders }
  }
}

// A ref of its own for what is under way: the user's may be disposed before that is sent.
function twin(ref: ObjectRef): ObjectRef {
  const entry = entryOf(ref)
  if (entry === undefined) throw new ObjectFreedError(`The ref ${ref.id} was disposed; it cannot be passed on.`)
  return new ObjectRef(entry)
}

/** How refs travel: as the object's id and a hold for the receiver; what is small or shared comes along. */
export function refKind(runtime: Runtime): LiveKind {
  return {
    kind: 'ref',
    isLive: true,
    matches: isObjectRef,
    pack: (value) => twin(value as ObjectRef),
    unpack: (payload) => payload,
    describe(payload, receiver): RefDescription {
      const ref = payload as ObjectRef
      const entry = entryOf(ref)
      if (entry === undefined) throw new ObjectFreedError(`The ref ${ref.id} was disposed; it cannot be passed on.`)
      runtime.objects.grant(entry, receiver)
      const along = travelsAlong(entry)
      return along === undefined ? ref.id : [ref.id, along.value, runtime.values.toWire(along.specials, receiver)]
    },
    revive(description) {
      if (!Array.isArray(description)) return runtime.objects.adopt(String(description))
      const [id, value, specials] = description as [unknown, unknown, unknown]
      const ref = runtime.objects.adopt(String(id))
      // Releases what came when the value is here already.
      entryOf(ref)!.resolve({ value, specials: runtime.values.fromWire(specials) })
      return ref
    },
    twin: (payload) => twin(payload as ObjectRef),
    release: (payload) => (payload as ObjectRef)[Symbol.dispose](),
  }
}

type RefDescription = ObjectId | readonly [id: ObjectId, value: unknown, specials: unknown]

// What can only be moved (ports, streams) must not be posted along: plain values only.
function travelsAlong({ state, stored, kept }: ObjectEntry): Stored | undefined {
  if (state !== 'value') return undefined
  if (stored === undefined) return kept?.shareable
  const isSmall = stored.specials === undefined && isPrimitive(stored.value) && sizeOf(stored.value) <= inlineBytes
  return isSmall ? stored : undefined
}

import { ObjectFreedError, ObjectLostError, OwnerDiedError } from '../protocol/errors.ts'
import { type ObjectId, ownerOf, type RealmId } from '../protocol/ids.ts'
import { Op } from '../protocol/messages.ts'
import type { Link } from './link.ts'
import { ObjectEntry } from './object-entry.ts'
import { entryOf, isObjectRef, ObjectRef } from './object-ref.ts'
import type { Runtime } from './runtime.ts'
import type { LiveKind } from './values.ts'

interface Borrow {
  readonly entry: WeakRef<ObjectEntry>
  grantCount: number
}

/** The objects a realm owns or has borrowed, and who holds what. */
export class Objects {
  readonly #runtime: Runtime
  /** Own objects that other realms hold. The others live by their refs alone. */
  readonly #lent = new Map<ObjectId, ObjectEntry>()
  readonly #borrowed = new Map<ObjectId, Borrow>()
  readonly #collected = new FinalizationRegistry<ObjectId>((id) => this.#giveBack(id))
  #nextNumber = 1

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Objects of this realm that others hold, and objects of others that this realm holds. */
  get counts(): { lent: number; borrowed: number } {
    return { lent: this.#lent.size, borrowed: this.#borrowed.size }
  }

  create(): ObjectEntry {
    return new ObjectEntry(this.#runtime, `${this.#runtime.realmId}:${this.#nextNumber++}`, this.#runtime.realmId)
  }

  addRef(_ref: object, entry: ObjectEntry): void {
    entry.refCount++
  }

  dropRef(_ref: object, entry: ObjectEntry): void {
    entry.refCount--
    if (entry.refCount > 0) return
    if (entry.owner === this.#runtime.realmId) {
      if (entry.holders === undefined && entry.isSettled) entry.free()
    } else this.#giveBack(entry.id)
  }

  /** Gives another realm a hold on an object, before the message that carries the ref is sent to it. */
  grant(entry: ObjectEntry, receiver: RealmId): void {
    if (entry.owner === receiver) return
    if (entry.owner === this.#runtime.realmId) this.changeHold(entry.id, receiver, 1, entry)
    else this.#runtime.linkTo(entry.owner).connection.send(Op.grant, entry.id, receiver, 1)
  }

  /** Counts a realm's holds. A release may overtake its grant, so a count may be negative for a moment. */
  changeHold(id: ObjectId, realm: RealmId, count: number, entry: ObjectEntry | undefined = this.#lent.get(id)): void {
    if (entry === undefined || (count > 0 && this.#runtime.isLost(realm))) return
    entry.holders ??= new Map()
    this.#lent.set(id, entry)
    const sum = (entry.holders.get(realm) ?? 0) + count
    if (sum === 0) entry.holders.delete(realm)
    else entry.holders.set(realm, sum)
    this.#forgetIfFree(entry)
  }

  dropHolder(realm: RealmId): void {
    for (const entry of this.#lent.values()) if (entry.holders?.delete(realm)) this.#forgetIfFree(entry)
  }

  #forgetIfFree(entry: ObjectEntry): void {
    if (entry.holders!.size > 0) return
    entry.holders = undefined
    this.#lent.delete(entry.id)
    if (entry.refCount <= 0) entry.free()
  }

  /** A ref that arrived from another realm, which was given a hold for this one. */
  adopt(id: ObjectId): ObjectRef {
    const owner = ownerOf(id)
    if (owner === this.#runtime.realmId) return new ObjectRef(this.#lent.get(id) ?? this.#lost(id, owner))
    let borrow = this.#borrowed.get(id)
    let entry = borrow?.entry.deref()
    if (entry === undefined) {
      entry = new ObjectEntry(this.#runtime, id, owner)
      borrow = { entry: new WeakRef(entry), grantCount: borrow?.grantCount ?? 0 }
      this.#borrowed.set(id, borrow)
      this.#collected.register(entry, id)
    }
    borrow!.grantCount++
    return new ObjectRef(entry)
  }

  #lost(id: ObjectId, owner: RealmId): ObjectEntry {
    const entry = new ObjectEntry(this.#runtime, id, owner)
    entry.reject(
      this.#runtime.values.packThrown(
        new ObjectFreedError(`The object ${id} was freed before this ref to it came back.`, { objectId: id }),
      ),
    )
    return entry
  }

  #giveBack(id: ObjectId): void {
    const borrow = this.#borrowed.get(id)
    if (borrow === undefined) return
    const entry = borrow.entry.deref()
    if (entry !== undefined && entry.refCount > 0) return
    this.#borrowed.delete(id)
    if (!this.#runtime.isShutDown) this.#runtime.linkTo(ownerOf(id)).connection.send(Op.release, id, borrow.grantCount)
  }

  /** An own object that other realms hold. */
  lent(id: ObjectId): ObjectEntry | undefined {
    return this.#lent.get(id)
  }

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

  /** Frees an object for everyone; elsewhere its owner is asked to. */
  freeNow(entry: ObjectEntry): void {
    if (entry.owner !== this.#runtime.realmId) this.#runtime.linkTo(entry.owner).tell('freeObject', entry.id)
    if (entry.isSettled) entry.free()
    else entry.whenSettled(() => entry.free())
  }

  /** Starts to bring a borrowed object here, once. */
  fetch(entry: ObjectEntry): void {
    if (entry.isSettled || entry.isFetching || entry.owner === this.#runtime.realmId) return
    entry.isFetching = true
    const { values } = this.#runtime
    const link = this.#runtime.linkTo(entry.owner)
    link.request(Op.fetch, [entry.id], {
      onValue: (value, specials) => entry.resolve({ value, specials: values.fromWire(specials) }),
      onError: (value, specials) => entry.reject({ value, specials: values.fromWire(specials) }),
      onLost: (reason) =>
        entry.reject(
          values.packThrown(
            new OwnerDiedError(`The owner of the object ${entry.id} (${entry.owner}) has ended: ${reason}.`, {
              objectId: entry.id,
            }),
          ),
        ),
    })
  }

  /** Answers another realm that wants a value of ours. */
  serve(link: Link, callId: number, id: ObjectId): void {
    const entry = this.#lent.get(id)
    if (entry === undefined) {
      return link.replyError(
        callId,
        this.#runtime.values.packThrown(
          new ObjectLostError(`The object ${id} is not here any more.`, { objectId: id }),
        ),
      )
    }
    entry.whenSettled(() => {
      if (entry.state === 'value') link.replyValue(callId, { ...entry.stored!, transfer: undefined }, 'value')
      else if (entry.state === 'error') link.replyError(callId, this.#runtime.values.packStored(entry.stored!))
      else link.replyError(callId, this.#runtime.values.packThrown(this.freedError(entry)))
    })
  }
}

// A ref of its own for what is under way: the user's may be disposed before that is sent.
function twin(ref: ObjectRef): ObjectRef {
  const entry = entryOf(ref)
  if (entry === undefined) throw new ObjectFreedError(`The ref ${ref.id} was disposed; it cannot be passed on.`)
  return new ObjectRef(entry)
}

/** How refs travel: as the owner's id and a hold for the receiver. */
export function refKind(runtime: Runtime): LiveKind {
  return {
    kind: 'ref',
    isLive: true,
    matches: isObjectRef,
    pack: (value) => twin(value as ObjectRef),
    unpack: (payload) => payload,
    describe(payload, receiver) {
      const ref = payload as ObjectRef
      const entry = entryOf(ref)
      if (entry === undefined) throw new ObjectFreedError(`The ref ${ref.id} was disposed; it cannot be passed on.`)
      runtime.objects.grant(entry, receiver)
      return ref.id
    },
    revive: (description) => runtime.objects.adopt(String(description)),
    twin: (payload) => twin(payload as ObjectRef),
    release: (payload) => (payload as ObjectRef)[Symbol.dispose](),
  }
}

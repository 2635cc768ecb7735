import { type ObjectId, ownerOf, type RealmId } from '../protocol/ids.ts'

/** What a table asks of the realm it keeps the books for. */
export interface ObjectTableHost {
  /** Nothing will come from that realm any more. */
  hasEnded(realm: RealmId): boolean
  /** Where the objects of a realm that has ended are looked after. */
  custodianOf(realm: RealmId): RealmId
  /** Tells the realm that keeps the object's books that `holder` has `count` holds more (or fewer). */
  sendChange(to: RealmId, id: ObjectId, holder: RealmId, count: number): void
  /** No other realm holds the object any more. */
  unheld(id: ObjectId): void
}

interface Change {
  readonly id: ObjectId
  readonly holder: RealmId
  readonly count: number
}

/** Who holds an object, by realm: what a realm hands on when it ends. */
export type Holders = readonly (readonly [realm: RealmId, count: number])[]

/**
 * The books of one realm about references that travel: which realms hold its objects, and what it holds of others.
 * Every ref that is sent gives its receiver one hold; a receiver gives all its holds back at once when its last ref is
 * gone. Counts are kept per realm, so that a realm that dies is struck out whole. Only refs that travel are here.
 *
 * The realm that keeps an object's books is its owner; after a graceful end of the owner it is the custodian (the main
 * realm of the owner's node). Changes for a realm that is handing its objects over wait with the custodian until that
 * realm has ended.
 */
export class ObjectTable {
  readonly #realm: RealmId
  readonly #host: ObjectTableHost
  readonly #lent = new Map<ObjectId, Map<RealmId, number>>()
  readonly #borrowed = new Map<ObjectId, number>()
  /** Changes that wait, by the realm that is handing over. */
  readonly #waiting = new Map<RealmId, Change[]>()
  /** Objects of this realm whose books are with the custodian. */
  readonly #given = new Set<ObjectId>()
  #isLeaving = false
  #isHandedOver = false

  constructor(realm: RealmId, host: ObjectTableHost) {
    this.#realm = realm
    this.#host = host
  }

  /** Objects here that others hold, holds of others that are here, and changes under way; all zero when nothing is. */
  get counts(): { lent: number; borrowed: number; waiting: number } {
    let waiting = 0
    for (const changes of this.#waiting.values()) waiting += changes.length
    return { lent: this.#lent.size, borrowed: this.#borrowed.size, waiting }
  }

  /** The realm that keeps the object's books now. */
  keeperOf(id: ObjectId): RealmId {
    const owner = ownerOf(id)
    // Taken over from an owner that has not ended yet.
    if (owner !== this.#realm && this.#lent.has(id)) return this.#realm
    const isGone = owner === this.#realm ? this.#isHandedOver || this.#given.has(id) : this.#host.hasEnded(owner)
    return isGone ? this.#host.custodianOf(owner) : owner
  }

  holdersOf(id: ObjectId): Holders {
    return [...(this.#lent.get(id) ?? [])]
  }

  isLent(id: ObjectId): boolean {
    return this.#lent.has(id)
  }

  // ---- refs that travel

  /** A ref is about to be sent: its receiver gets a hold first. Nobody keeps books of what went with its owner. */
  sent(id: ObjectId, receiver: RealmId, isKeptHere: boolean): void {
    if (isKeptHere && this.keeperOf(id) === this.#realm && !this.#lent.has(id) && receiver !== this.#realm)
      this.#lent.set(id, new Map())
    this.changed(id, receiver, 1)
  }

  /** A ref has arrived, with a hold. False: this realm keeps its books and needs none. */
  arrived(id: ObjectId): boolean {
    if (this.keeperOf(id) === this.#realm) return false
    this.#borrowed.set(id, (this.#borrowed.get(id) ?? 0) + 1)
    return true
  }

  /** The last ref of this realm to an object of another is gone: all holds go back. */
  dropped(id: ObjectId): void {
    const count = this.#borrowed.get(id)
    if (count === undefined) return
    this.#borrowed.delete(id)
    this.changed(id, this.#realm, -count)
  }

  /** `holder` has `count` holds more (or fewer): here, or as another realm tells. */
  changed(id: ObjectId, holder: RealmId, count: number): void {
    const waiting = this.#waiting.get(ownerOf(id))
    if (waiting !== undefined) {
      // They wait where the books will be: a realm that kept them back could crash with them.
      const custodian = this.#host.custodianOf(ownerOf(id))
      if (custodian === this.#realm) waiting.push({ id, holder, count })
      else this.#host.sendChange(custodian, id, holder, count)
      return
    }
    const keeper = this.keeperOf(id)
    // The keeper needs no hold on what it keeps.
    if (keeper === holder) return
    if (keeper === this.#realm) this.#count(id, holder, count)
    else this.#host.sendChange(keeper, id, holder, count)
  }

  // A release may overtake its grant on another link, so a count may be negative for a moment. What is not lent is gone.
  #count(id: ObjectId, holder: RealmId, count: number): void {
    const holders = this.#lent.get(id)
    if (holders === undefined) return
    if (!this.#host.hasEnded(holder)) {
      const sum = (holders.get(holder) ?? 0) + count
      if (sum === 0) holders.delete(holder)
      else holders.set(holder, sum)
    }
    this.#forgetIfUnheld(id, holders)
  }

  #forgetIfUnheld(id: ObjectId, holders: ReadonlyMap<RealmId, number>): void {
    if (holders.size > 0) return
    this.#lent.delete(id)
    this.#host.unheld(id)
  }

  // ---- realms that end

  /** A realm hands its objects over: changes for them wait until it has ended. */
  handingOver(realm: RealmId): void {
    if (!this.#waiting.has(realm)) this.#waiting.set(realm, [])
  }

  /** A realm has ended: its holds are gone, and its objects are with their custodian or nowhere. */
  realmEnded(realm: RealmId): void {
    const waiting = this.#waiting.get(realm)
    this.#waiting.delete(realm)
    // First what waits: it may be all that holds an object besides the realm that has ended.
    for (const { id, holder, count } of waiting ?? []) this.changed(id, holder, count)
    // What it held last may have passed on what the custodian alone knows of: the custodian strikes it out.
    if (this.#isLeaving) return
    for (const [id, holders] of [...this.#lent]) if (holders.delete(realm)) this.#forgetIfUnheld(id, holders)
  }

  /** This realm is about to hand its objects over: from now on their books only grow, as others tell the custodian. */
  leaving(): void {
    this.#isLeaving = true
  }

  /** Gives the books of an object away. */
  handOver(id: ObjectId): Holders {
    const holders = this.holdersOf(id)
    this.#lent.delete(id)
    this.#given.add(id)
    return holders
  }

  /** Everything has been handed over: what still comes is passed on to the custodian. */
  handedOver(): void {
    this.#isHandedOver = true
  }

  /**
   * Takes the books of an object over, as its custodian. Its owner holds it until it has ended: what the owner still
   * hands over may hold refs to it.
   */
  takeOver(id: ObjectId, holders: Holders): void {
    this.#borrowed.delete(id)
    const known = this.#lent.get(id) ?? new Map<RealmId, number>()
    this.#lent.set(id, known)
    if (!this.#host.hasEnded(ownerOf(id))) known.set(ownerOf(id), 1)
    for (const [realm, count] of holders) {
      if (realm === this.#realm || this.#host.hasEnded(realm)) continue
      const sum = (known.get(realm) ?? 0) + count
      if (sum === 0) known.delete(realm)
      else known.set(realm, sum)
    }
    this.#forgetIfUnheld(id, known)
  }
}

import { expect } from 'vitest'
import { type Holders, ObjectTable } from '../../src/core/object-table.ts'
import { type ObjectId, ownerOf, type RealmId } from '../../src/protocol/ids.ts'

type Message =
  | { readonly what: 'ref'; readonly id: ObjectId }
  | { readonly what: 'hold'; readonly id: ObjectId; readonly holder: RealmId; readonly count: number }
  | { readonly what: 'ended'; readonly realm: RealmId }
  | { readonly what: 'leave' | 'announce' | 'announced' | 'handingOver' | 'ready' | 'left' }
  | { readonly what: 'handsOver' | 'knows'; readonly realm: RealmId }
  | { readonly what: 'object'; readonly id: ObjectId; readonly inner: ObjectId | undefined; readonly holders: Holders }

/** The realm that starts and ends the others, and looks after the objects of those that ended gracefully. */
export const main = 'n'

/** One realm: its books, its refs, and the objects it keeps. */
class Realm {
  readonly id: RealmId
  readonly table: ObjectTable
  /** How many refs it has. */
  readonly refs = new Map<ObjectId, number>()
  /** The objects whose values are here, each with the ref inside its value. */
  readonly kept = new Map<ObjectId, ObjectId | undefined>()
  readonly ended = new Set<RealmId>()
  /** Those it has a link to. */
  readonly peers = new Set<RealmId>()
  state: 'alive' | 'leaving' | 'gone' = 'alive'
  /** Whose answers it waits for before it hands its objects over. */
  asked: Set<RealmId> | undefined
  readonly #run: ObjectSimulation

  constructor(run: ObjectSimulation, id: RealmId) {
    this.#run = run
    this.id = id
    this.table = new ObjectTable(id, {
      hasEnded: (realm) => this.ended.has(realm),
      custodianOf: () => main,
      sendChange: (to, object, holder, count) => run.post(this, to, { what: 'hold', id: object, holder, count }),
      unheld: (object) => this.#freeIfUnused(object),
    })
  }

  take(id: ObjectId): void {
    this.refs.set(id, (this.refs.get(id) ?? 0) + 1)
  }

  drop(id: ObjectId): void {
    const left = this.refs.get(id)! - 1
    if (left > 0) return void this.refs.set(id, left)
    this.refs.delete(id)
    if (this.kept.has(id)) this.#freeIfUnused(id)
    else this.table.dropped(id)
  }

  /** The objects that its users have refs to; refs inside of kept values are not theirs. */
  inHand(): ObjectId[] {
    return [...this.refs.keys()].filter((id) => this.#countInHand(id) > 0)
  }

  #countInHand(id: ObjectId): number {
    let count = this.refs.get(id) ?? 0
    for (const inner of this.kept.values()) if (inner === id) count--
    return count
  }

  /** Its users let go of all they have. */
  dropAll(): void {
    for (const id of this.inHand()) for (let left = this.#countInHand(id); left > 0; left--) this.drop(id)
  }

  #freeIfUnused(id: ObjectId): void {
    if (!this.kept.has(id) || this.refs.has(id) || this.table.isLent(id)) return
    const inner = this.kept.get(id)
    this.kept.delete(id)
    this.#run.freed(id)
    if (inner !== undefined) this.drop(inner)
  }
}

/**
 * Realms that pass refs on, drop them, crash and end gracefully. Links are in order, each for itself. After each step it
 * checks that no object is gone while its keeper lives and a living realm has a ref to it or one is under way.
 */
export class ObjectSimulation {
  readonly realms = new Map<RealmId, Realm>()
  readonly #links = new Map<string, Message[]>()
  /** Objects that were freed, and where. */
  readonly #freed = new Set<ObjectId>()
  /** Ended realms whose objects went with them. */
  readonly #crashed = new Set<RealmId>()
  /** Realms that have ended without the main realm knowing. */
  readonly #unnoticed = new Set<RealmId>()
  readonly #leaving = new Set<RealmId>()
  #number = 0

  constructor(workers: number) {
    this.realms.set(main, new Realm(this, main))
    for (let i = 0; i < workers; i++) this.addRealm()
  }

  addRealm(): void {
    const realm = new Realm(this, `${main}.w${this.#number++}`)
    // What was before it is told to it at its start.
    for (const id of this.realm(main)?.ended ?? []) realm.ended.add(id)
    for (const id of this.#leaving) realm.table.handingOver(id)
    this.realms.set(realm.id, realm)
  }

  realm(id: RealmId): Realm {
    return this.realms.get(id)!
  }

  living(): Realm[] {
    return [...this.realms.values()].filter(({ state }) => state !== 'gone')
  }
  /** Those whose users still run code. */
  active(): Realm[] {
    return [...this.realms.values()].filter(({ state }) => state === 'alive')
  }

  freed(id: ObjectId): void {
    this.#freed.add(id)
  }

  // ---- links

  post(from: Realm, to: RealmId, message: Message): void {
    if (from.ended.has(to)) return
    from.peers.add(to)
    const key = `${from.id}>${to}`
    const queue = this.#links.get(key)
    if (queue === undefined) this.#links.set(key, [message])
    else queue.push(message)
  }

  /** Links with something under way. */
  busyLinks(): string[] {
    return [...this.#links].filter(([, queue]) => queue.length > 0).map(([key]) => key)
  }

  deliver(link: string): void {
    const [from, to] = link.split('>') as [RealmId, RealmId]
    const message = this.#links.get(link)!.shift()!
    const realm = this.realm(to)
    if (realm.state === 'gone') return
    realm.peers.add(from)
    this.#read(realm, from, message)
    this.check()
  }

  #read(realm: Realm, from: RealmId, message: Message): void {
    const { table } = realm
    switch (message.what) {
      case 'ref':
        return this.#adopt(realm, message.id)
      case 'hold':
        return table.changed(message.id, message.holder, message.count)
      case 'ended':
        this.#drain(message.realm, realm.id)
        realm.ended.add(message.realm)
        table.realmEnded(message.realm)
        realm.asked?.delete(message.realm)
        return this.#giveIfReady(realm)
      case 'leave':
        return this.#leave(realm)
      case 'announce':
        return this.#announce(from)
      case 'handsOver':
        table.handingOver(message.realm)
        return this.post(realm, main, { what: 'knows', realm: message.realm })
      case 'knows':
        this.#unaware.get(message.realm)?.delete(from)
        return this.#announcedIfAllKnow(message.realm)
      case 'announced':
        return this.#askPeers(realm)
      case 'handingOver':
        table.handingOver(from)
        return this.post(realm, from, { what: 'ready' })
      case 'ready':
        realm.asked?.delete(from)
        return this.#giveIfReady(realm)
      case 'object':
        if (message.inner !== undefined) this.#adopt(realm, message.inner)
        this.#freed.delete(message.id)
        realm.kept.set(message.id, message.inner)
        return table.takeOver(message.id, message.holders)
      case 'left':
        this.realm(from).state = 'gone'
        return this.notice(from)
    }
  }

  #adopt(realm: Realm, id: ObjectId): void {
    const isBorrowed = realm.table.arrived(id)
    if (!isBorrowed && !this.#crashed.has(ownerOf(id)))
      expect(realm.kept.has(id), `${id} is kept by ${realm.id}, where a ref to it arrives`).toBe(true)
    if (isBorrowed && realm.state === 'alive')
      expect(realm.kept.has(id), `${realm.id} borrows ${id}, which it keeps`).toBe(false)
    realm.take(id)
    // Its owner has ended with it: the ref is of no use, and nobody counts it.
    if (!isBorrowed && !realm.kept.has(id)) realm.drop(id)
  }

  // ---- what users do

  create(realm: Realm, inner: ObjectId | undefined): void {
    const id = `${realm.id}:${this.#number++}`
    if (inner !== undefined) realm.take(inner)
    realm.kept.set(id, inner)
    realm.take(id)
  }

  send(realm: Realm, id: ObjectId, to: RealmId): void {
    realm.table.sent(id, to, realm.kept.has(id))
    this.post(realm, to, { what: 'ref', id })
    this.check()
  }

  // ---- realms that end

  crash(realm: Realm): void {
    realm.state = 'gone'
    this.#crashed.add(realm.id)
    this.#unnoticed.add(realm.id)
  }
  unnoticed(): RealmId[] {
    return [...this.#unnoticed]
  }

  /** The main realm learns that a realm has ended, and tells the others. */
  notice(ended: RealmId): void {
    this.#unnoticed.delete(ended)
    this.#drain(ended, main)
    const realm = this.realm(main)
    realm.ended.add(ended)
    realm.table.realmEnded(ended)
    this.#leaving.delete(ended)
    for (const [leaving, unaware] of this.#unaware) if (unaware.delete(ended)) this.#announcedIfAllKnow(leaving)
    for (const { id } of this.living()) if (id !== main) this.post(realm, id, { what: 'ended', realm: ended })
    this.check()
  }

  // What a realm sent before its end is read before the news of its end.
  #drain(from: RealmId, to: RealmId): void {
    const queue = this.#links.get(`${from}>${to}`) ?? []
    const realm = this.realm(to)
    for (let message = queue.shift(); message !== undefined; message = queue.shift())
      if (message.what !== 'left') this.#read(realm, from, message)
  }

  leave(realm: Realm): void {
    realm.state = 'leaving'
    this.#leaving.add(realm.id)
    this.post(this.realm(main), realm.id, { what: 'leave' })
    this.realm(main).table.handingOver(realm.id)
  }

  #leave(realm: Realm): void {
    const isEmpty = this.#open(realm).length === 0
    if (!isEmpty) realm.table.leaving()
    this.post(realm, main, { what: isEmpty ? 'left' : 'announce' })
  }

  /** By leaving realm: the realms that have not yet answered that they know. */
  readonly #unaware = new Map<RealmId, Set<RealmId>>()

  #announce(leaving: RealmId): void {
    const others = this.living().filter(({ id }) => id !== main && id !== leaving)
    for (const { id } of others) this.post(this.realm(main), id, { what: 'handsOver', realm: leaving })
    this.#unaware.set(leaving, new Set(others.map(({ id }) => id)))
    this.#announcedIfAllKnow(leaving)
  }

  #announcedIfAllKnow(leaving: RealmId): void {
    if (this.#unaware.get(leaving)?.size !== 0) return
    this.#unaware.delete(leaving)
    this.post(this.realm(main), leaving, { what: 'announced' })
  }

  #askPeers(realm: Realm): void {
    // A link is introduced by the main realm, so that both sides know it before they know of a leaving realm.
    const linked = [...this.#links.keys()]
      .filter((key) => key.endsWith(`>${realm.id}`))
      .map((key) => key.split('>')[0]!)
    realm.asked = new Set([...realm.peers, ...linked].filter((id) => id !== main && !realm.ended.has(id)))
    for (const id of realm.asked) this.post(realm, id, { what: 'handingOver' })
    this.#giveIfReady(realm)
  }

  #open(realm: Realm): ObjectId[] {
    return [...realm.kept.keys()].filter((id) => realm.table.isLent(id))
  }

  #giveIfReady(realm: Realm): void {
    if (realm.asked === undefined || realm.asked.size > 0) return
    realm.asked = undefined
    for (let open = this.#open(realm); open.length > 0; open = this.#open(realm)) {
      for (const id of open) {
        const inner = realm.kept.get(id)
        if (inner !== undefined) realm.table.sent(inner, main, realm.kept.has(inner))
        const holders = realm.table.handOver(id)
        this.post(realm, main, { what: 'object', id, inner, holders })
      }
    }
    realm.table.handedOver()
    this.post(realm, main, { what: 'left' })
  }

  // ---- what must be true

  /** No object is gone while its keeper lives and a living realm has a ref to it or one is under way. */
  check(): void {
    for (const [link, queue] of this.#links) {
      const receiver = this.realm(link.split('>')[1]!)
      if (receiver.state === 'alive')
        for (const message of queue) if (message.what === 'ref') this.#mustLive(message.id)
    }
    for (const { refs } of this.active()) for (const id of refs.keys()) this.#mustLive(id)
  }

  #mustLive(id: ObjectId): void {
    if (!this.#crashed.has(ownerOf(id)))
      expect(this.#freed.has(id), `${id} was freed while somebody holds it`).toBe(false)
  }

  /** A ref at rest leads to a value, unless that went with a crash. */
  mustBeReadable(id: ObjectId): void {
    const owner = this.realm(ownerOf(id))
    if (this.#crashed.has(owner.id)) return
    const keeper = owner.state === 'gone' ? this.realm(main) : owner
    expect(keeper.kept.has(id), `${keeper.id} keeps ${id}`).toBe(true)
  }

  /** Everything under way arrives, and who is leaving has left. */
  settle(): void {
    for (;;) {
      for (const realm of this.unnoticed()) this.notice(realm)
      const [link] = this.busyLinks()
      if (link === undefined) return
      this.deliver(link)
    }
  }
}

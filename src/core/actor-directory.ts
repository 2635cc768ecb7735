import type { ActorId, RealmId } from '../protocol/ids.ts'
import type { ActorRecord } from './actor-record.ts'
import type { DirectorySnapshot } from './snapshot.ts'

/** Dead actors that are still remembered for late callers and the state API. */
const rememberedDead = 1000
const rememberedEarly = 1000

/** What was said of an actor before its creation was heard of. */
interface EarlyHold {
  readonly realm: RealmId
  readonly count: number
}

/** All actors by id, by name, by who made them and by who holds them. */
export class ActorDirectory {
  readonly #actors = new Map<ActorId, ActorRecord>()
  readonly #names = new Map<string, ActorId>()
  readonly #madeBy = new Map<RealmId | ActorId, Set<ActorRecord>>()
  readonly #heldBy = new Map<RealmId, Set<ActorRecord>>()
  readonly #early = new Map<ActorId, readonly EarlyHold[]>()
  readonly #earlyBy = new Map<RealmId, Set<ActorId>>()
  readonly #dead: ActorId[] = []

  add(actor: ActorRecord): void {
    this.#actors.set(actor.id, actor)
    addTo(this.#madeBy, actor.spec.creator, actor)
    addTo(this.#heldBy, actor.spec.holder, actor)
    for (const { realm, count } of this.#takeEarly(actor.id)) this.#change(actor, realm, count)
  }

  get(actorId: ActorId): ActorRecord | undefined {
    return this.#actors.get(actorId)
  }

  get all(): Iterable<ActorRecord> {
    return this.#actors.values()
  }

  nameIt(actor: ActorRecord): void {
    const { name, namespace } = actor.spec
    if (name !== undefined) this.#names.set(nameKey(namespace, name), actor.id)
  }

  find(namespace: string, name: string): ActorId | undefined {
    return this.#names.get(nameKey(namespace, name))
  }

  /** Adds to (or takes from) a realm's holds. What is said of an actor before its creation is heard of counts then. */
  hold(actorId: ActorId, realm: RealmId, count: number): ActorRecord | undefined {
    const actor = this.#actors.get(actorId)
    if (actor === undefined) this.#holdEarly(actorId, realm, count)
    else this.#change(actor, realm, count)
    return actor
  }

  #holdEarly(actorId: ActorId, realm: RealmId, count: number): void {
    this.#early.set(actorId, [...(this.#early.get(actorId) ?? []), { realm, count }])
    addTo(this.#earlyBy, realm, actorId)
    // Of actors long forgotten holds may come too: the oldest are let go.
    for (const oldest of this.#early.keys()) {
      if (this.#early.size <= rememberedEarly) break
      this.#takeEarly(oldest)
    }
  }

  #takeEarly(actorId: ActorId): readonly EarlyHold[] {
    const holds = this.#early.get(actorId) ?? []
    this.#early.delete(actorId)
    for (const { realm } of holds) removeFrom(this.#earlyBy, realm, actorId)
    return holds
  }

  #change(actor: ActorRecord, realm: RealmId, count: number): void {
    actor.hold(realm, count)
    if (actor.isHeldBy(realm)) addTo(this.#heldBy, realm, actor)
    else removeFrom(this.#heldBy, realm, actor)
  }

  /** A realm is gone: the actors it held, which it holds no more. */
  dropHolder(realm: RealmId): readonly ActorRecord[] {
    const held = [...(this.#heldBy.get(realm) ?? [])]
    this.#heldBy.delete(realm)
    for (const actorId of this.#earlyBy.get(realm) ?? []) {
      this.#early.set(
        actorId,
        this.#early.get(actorId)!.filter((hold) => hold.realm !== realm),
      )
    }
    this.#earlyBy.delete(realm)
    for (const actor of held) actor.dropHolder(realm)
    return held
  }

  /** The actors a realm or an actor has made. */
  madeBy(owner: RealmId | ActorId): readonly ActorRecord[] {
    return [...(this.#madeBy.get(owner) ?? [])]
  }

  /** Its name is free. */
  bury(actor: ActorRecord): void {
    const { name, namespace, creator } = actor.spec
    if (name !== undefined && this.find(namespace, name) === actor.id) this.#names.delete(nameKey(namespace, name))
    removeFrom(this.#madeBy, creator, actor)
    for (const realm of actor.holders.keys()) removeFrom(this.#heldBy, realm, actor)
  }

  /** It is dead and on no worker any more: it is remembered for a while. */
  retire(actor: ActorRecord): void {
    this.#dead.push(actor.id)
    if (this.#dead.length > rememberedDead) this.#actors.delete(this.#dead.shift()!)
  }

  /** What the actors themselves do not tell. */
  snapshot(): DirectorySnapshot {
    const heldBy = [...this.#heldBy].map(([realm, actors]) => {
      // Of actors that are dead for long nothing is known but this.
      return [realm, [...actors].flatMap((actor) => (this.get(actor.id) === actor ? [actor.id] : []))] as const
    })
    return {
      named: [...this.#names.values()],
      heldBy: heldBy.filter(([, actorIds]) => actorIds.length > 0),
      early: [...this.#early].map(([actorId, holds]) => [actorId, [...holds]]),
      dead: [...this.#dead],
    }
  }

  /** Goes on where another directory was. */
  restore(actors: readonly ActorRecord[], { named, heldBy, early, dead }: DirectorySnapshot): void {
    for (const actor of actors) {
      this.#actors.set(actor.id, actor)
      if (actor.state !== 'DEAD') addTo(this.#madeBy, actor.spec.creator, actor)
    }
    for (const actorId of named) this.nameIt(this.#actors.get(actorId)!)
    for (const [realm, actorIds] of heldBy) {
      for (const actorId of actorIds) addTo(this.#heldBy, realm, this.#actors.get(actorId)!)
    }
    for (const [actorId, holds] of early) {
      this.#early.set(actorId, holds)
      for (const { realm } of holds) addTo(this.#earlyBy, realm, actorId)
    }
    this.#dead.push(...dead)
  }

  /** Throws when a name belongs to a dead actor. */
  checkInvariants(): void {
    for (const [key, actorId] of this.#names) {
      const state = this.#actors.get(actorId)?.state
      if (state === undefined || state === 'DEAD') throw new Error(`bug: the name ${key} belongs to a dead actor`)
    }
  }
}

function nameKey(namespace: string, name: string): string {
  return JSON.stringify([namespace, name])
}

function addTo<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key)
  if (set === undefined) sets.set(key, new Set([value]))
  else set.add(value)
}

function removeFrom<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key)
  if (set?.delete(value) && set.size === 0) sets.delete(key)
}

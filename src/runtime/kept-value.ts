import type { Special } from '../protocol/codec.ts'
import type { ObjectId } from '../protocol/ids.ts'
import type { ObjectStore, StoreReading } from '../protocol/object-store.ts'
import { isSmallData } from '../protocol/small-data.ts'
import type { Reading, Stored } from './object-entry.ts'
import type { ObjectMemory } from './object-memory.ts'

/** A packed value as a store keeps it: what stands for its specials travels with it, so that both keep their identity. */
type Tuple = readonly [value: unknown, specials: readonly (readonly [placeholder: object, payload: unknown])[] | null]

/** A large value of an object: where it is, and the live refs and handles in it, which stay in this realm. */
export class KeptValue {
  readonly id: ObjectId
  /** Its key in the stores; an object that comes here twice has two. */
  readonly key: string
  readonly bytes: number
  /** A copy of an object that another realm keeps: it may be dropped and fetched again. */
  readonly isCopy: boolean
  /** It cannot go to disk: other realms read its memory, or a part of it cannot be written. */
  isFixed: boolean
  isMoving = false
  isDropped = false
  store: ObjectStore | undefined
  readonly #memory: ObjectMemory
  readonly #kinds: readonly (readonly [kind: string, live: unknown])[] | undefined

  constructor(memory: ObjectMemory, facts: Pick<KeptValue, 'id' | 'key' | 'bytes' | 'isCopy'>, stored: Stored) {
    this.#memory = memory
    this.id = facts.id
    this.key = facts.key
    this.bytes = facts.bytes
    this.isCopy = facts.isCopy
    this.#kinds = stored.specials?.map(([, kind, payload]) => [kind, memory.isLive(kind) ? payload : undefined])
    this.isFixed = stored.specials?.some(([, kind]) => kind === 'shared') ?? false
  }

  get place(): 'memory' | 'shared-memory' | 'disk' | undefined {
    if (this.store === undefined) return undefined
    if (this.store.kind !== 'memory') return 'disk'
    return this.#kinds?.some(([kind]) => kind === 'shared') ? 'shared-memory' : 'memory'
  }

  /** What the store is given. */
  static tupleOf({ value, specials }: Stored, isLive: (kind: string) => boolean): Tuple {
    return [
      value,
      specials?.map(([placeholder, kind, payload]) => [placeholder, isLive(kind) ? null : payload]) ?? null,
    ]
  }

  read(): Reading | PromiseLike<Reading> {
    this.#memory.touch(this)
    if (this.store === undefined) return this.#memory.fetchAgain(this.id)
    const reading = this.store.read(this.key)
    return 'value' in reading ? this.#reading(reading) : this.#readLater(reading)
  }

  // Held meanwhile: the store may forget the value once nobody has a ref.
  async #readLater(reading: PromiseLike<StoreReading>): Promise<Reading> {
    return this.#reading(await reading)
  }

  #reading({ value, isPrivate }: StoreReading): Reading {
    const [inner, data] = value as Tuple
    const specials = this.#kinds?.map(([kind, live], i): Special => {
      const [placeholder, payload] = data![i]!
      return [placeholder, kind, this.#memory.isLive(kind) ? live : payload]
    })
    return { stored: { value: inner, specials }, isPrivate }
  }

  /**
   * What may travel along with a ref, so that reading it asks nobody: a value whose large parts are all in shared memory.
   * Undefined for others.
   */
  get shareable(): Stored | undefined {
    this.#isShareable ??= this.#canTravelAlong()
    if (!this.#isShareable || this.store === undefined) return undefined
    const reading = this.store.read(this.key)
    return 'value' in reading ? this.#reading(reading).stored : undefined
  }
  #isShareable: boolean | undefined

  #canTravelAlong(): boolean {
    if (this.place !== 'shared-memory' || !this.#kinds?.every(([kind]) => kind === 'shared')) return false
    const reading = this.store!.read(this.key)
    return 'value' in reading && isSmallData((reading.value as Tuple)[0])
  }

  /** The refs and handles in it, to be let go of with it. */
  get live(): readonly Special[] {
    return (this.#kinds ?? []).filter(([kind]) => this.#memory.isLive(kind)).map(([kind, live]) => [{}, kind, live])
  }

  /** Nobody wants it any more. */
  drop(): void {
    this.#memory.drop(this)
  }
}

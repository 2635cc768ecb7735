import { isPrimitive } from '../protocol/codec.ts'
import { ObjectStoreFullError, SerializationError } from '../protocol/errors.ts'
import type { ObjectId } from '../protocol/ids.ts'
import type { ObjectStore } from '../protocol/object-store.ts'
import { sizeOf } from '../protocol/size-of.ts'
import { MemoryStore } from '../store/memory.ts'
import { KeptValue } from './kept-value.ts'
import type { ObjectEntry, Reading, Stored } from './object-entry.ts'
import type { Runtime } from './runtime.ts'
import type { SharedPart } from './shared-buffers.ts'

/** Smaller values stay with their entries and are not counted. */
const minKeptBytes = 4096

/** How much this realm may keep in memory, and how it gets more. */
export interface Allowances {
  /** Bytes. */
  readonly bytes: number
  /** Asks for more; what is granted at once counts at once. */
  request(missingBytes: number): void
  /** It is so much from now on. */
  allow?(bytes: number): void
}

/** What the object memory of a realm holds. */
export interface MemoryUsage {
  readonly count: number
  readonly memoryBytes: number
  readonly diskBytes: number
  readonly allowanceBytes: number
}

/**
 * The large values of this realm: in memory up to its allowance, the least recently used ones on disk, and copies of
 * others' objects dropped when room is needed. Values live as long as their entries do.
 */
export class ObjectMemory {
  readonly #runtime: Runtime
  readonly #memory: ObjectStore = new MemoryStore()
  /** In the order of their last use. */
  readonly #inMemory = new Set<KeptValue>()
  readonly #onDisk = new Set<KeptValue>()
  readonly #collected = new FinalizationRegistry<KeptValue>((kept) => kept.drop())
  readonly #waiting: (() => void)[] = []
  allowances: Allowances = { bytes: Number.POSITIVE_INFINITY, request() {} }
  /** Where values go when memory is full; undefined where the platform has nothing. */
  spill: ObjectStore | undefined
  /** Why there is nowhere to spill to. */
  spillReason = 'this platform has no place for them'
  #opening: PromiseLike<void> | undefined
  #isSpilling = false
  #arriving: KeptValue | undefined
  #hasWarned = false
  #nextKey = 1

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  get usage(): MemoryUsage {
    let diskBytes = 0
    for (const kept of this.#onDisk) diskBytes += kept.bytes
    return {
      count: this.#inMemory.size + this.#onDisk.size,
      memoryBytes: this.#memory.usage.bytes,
      diskBytes,
      allowanceBytes: this.allowances.bytes,
    }
  }

  /** The large objects that this realm keeps. */
  *primaries(): Generator<KeptValue> {
    for (const kept of this.#inMemory) if (!kept.isCopy) yield kept
    yield* this.#onDisk
  }

  isLive(kind: string): boolean {
    return this.#runtime.values.isLive(kind)
  }

  /** Was used just now. */
  touch(kept: KeptValue): void {
    if (this.#inMemory.delete(kept)) this.#inMemory.add(kept)
  }

  fetchAgain(id: ObjectId): Promise<Reading> {
    return this.#runtime.objects.fetchAgain(id)
  }

  /** The place on disk is being opened: what needs it waits. */
  openSpill(opening: PromiseLike<ObjectStore | undefined>): void {
    this.#opening = opening.then(
      (store) => {
        this.spill = store
        this.#opening = undefined
      },
      (error: unknown) => {
        this.spillReason = String(error)
        this.#opening = undefined
      },
    )
  }

  /** Takes a value that is here already: it stays, and others make room. Undefined: too small to be counted. */
  keep(entry: ObjectEntry, stored: Stored): KeptValue | undefined {
    if (stored.specials === undefined && isShort(stored.value)) return undefined
    const isCopy = entry.keeper !== this.#runtime.realmId
    const bytes = bytesOf(stored, isCopy)
    if (bytes < minKeptBytes) return undefined
    const kept = this.#add(entry, stored, bytes, isCopy)
    if (this.#missing(0) > 0) this.allowances.request(this.#missing(0))
    if (this.#missing(0) > 0) {
      // Somebody waits for this one: others go.
      this.#arriving = kept
      void this.#makeRoom(this.#missing(0))
      this.#arriving = undefined
    }
    return kept
  }

  /**
   * Takes the value of a `put`. Where there is no room it is made first: at once where the disk can be written at once,
   * else the object is pending meanwhile. ObjectStoreFullError, thrown or as the object's error, when there is none.
   */
  put(entry: ObjectEntry, stored: Stored): void {
    if (stored.specials === undefined && isShort(stored.value)) return entry.resolveSmall(stored)
    const bytes = bytesOf(stored, false)
    if (bytes < minKeptBytes) return entry.resolveSmall(stored)
    if (this.#missing(bytes) > 0) this.allowances.request(this.#missing(bytes))
    this.#dropCopies(this.#missing(bytes))
    if (this.#missing(bytes) <= 0) return this.#takeIn(entry, stored, bytes)
    if (this.#opening !== undefined) return this.#putLater(entry, stored, bytes)
    if (this.spill === undefined) throw this.#full(bytes, this.spillReason)
    if (this.spill.isSync) this.#putNow(entry, stored, bytes)
    else this.#putLater(entry, stored, bytes)
  }

  #takeIn(entry: ObjectEntry, stored: Stored, bytes: number): void {
    entry.resolveKept(this.#add(entry, stored, bytes, false))
  }

  #putNow(entry: ObjectEntry, stored: Stored, bytes: number): void {
    this.#spillNow(this.#missing(bytes))
    if (this.#missing(bytes) <= 0) return this.#takeIn(entry, stored, bytes)
    const plain = this.#unshared(stored)
    const kept = this.#newKept(entry, plain, bytes, false)
    this.spill!.write([{ id: kept.key, value: this.#tupleOf(plain), bytes }])
    this.#nowOnDisk(kept)
    entry.resolveKept(kept)
  }

  #spillNow(bytes: number): void {
    const victims = this.#victims(bytes)
    if (victims.length === 0) return
    try {
      this.spill!.write(victims.map((kept) => this.#itemOf(kept)))
      for (const kept of victims) this.#moved(kept)
    } catch (error) {
      if (!(error instanceof SerializationError)) throw error
      // One of them cannot be written: it stays, the others are tried by themselves.
      if (victims.length === 1) victims[0]!.isFixed = true
      else for (const kept of victims) this.#spillOne(kept)
      this.#spillNow(bytes - victims.reduce((sum, kept) => sum + (kept.isFixed ? 0 : kept.bytes), 0))
    }
  }

  #spillOne(kept: KeptValue): void {
    try {
      this.spill!.write([this.#itemOf(kept)])
      this.#moved(kept)
    } catch (error) {
      if (!(error instanceof SerializationError)) throw error
      kept.isFixed = true
    }
  }

  // The object is pending until there is room; others that come meanwhile queue behind it.
  #putLater(entry: ObjectEntry, stored: Stored, bytes: number): void {
    entry.cancel = () => {}
    const full = (error: unknown): void => entry.reject(this.#runtime.values.keepThrown(error))
    this.#waiting.push(
      () =>
        void this.#admit(entry, stored, bytes)
          .catch(full)
          .finally(() => this.#nextWaiting()),
    )
    if (this.#waiting.length === 1) this.#waiting[0]!()
  }

  #nextWaiting(): void {
    this.#waiting.shift()
    this.#waiting[0]?.()
  }

  // What goes to disk is an ordinary copy; its shared memory is free again.
  #unshared(stored: Stored): Stored {
    if (stored.specials?.some(([, kind]) => kind === 'shared') !== true) return stored
    const { values } = this.#runtime
    const plain = values.snapshot(values.openReading({ stored, isPrivate: false }, true), 'value')
    values.release(stored.specials)
    return plain
  }

  async #admit(entry: ObjectEntry, stored: Stored, bytes: number): Promise<void> {
    await this.#opening
    if (this.spill === undefined) throw this.#full(bytes, this.spillReason)
    await this.#spillLater(this.#missing(bytes))
    if (this.#missing(bytes) <= 0) return this.#takeIn(entry, stored, bytes)
    const plain = this.#unshared(stored)
    const kept = this.#newKept(entry, plain, bytes, false)
    await this.spill!.write([{ id: kept.key, value: this.#tupleOf(plain), bytes }])
    this.#nowOnDisk(kept)
    entry.resolveKept(kept)
  }

  async #spillLater(bytes: number): Promise<void> {
    const victims = this.#victims(bytes)
    if (victims.length === 0) return
    try {
      await this.#writeLater(victims)
    } catch (error) {
      if (!(error instanceof SerializationError)) throw error
      if (victims.length === 1) victims[0]!.isFixed = true
      else for (const kept of victims) await this.#spillOneLater(kept)
      await this.#spillLater(bytes - victims.reduce((sum, kept) => sum + (kept.isFixed ? 0 : kept.bytes), 0))
    }
  }

  async #spillOneLater(kept: KeptValue): Promise<void> {
    try {
      await this.#writeLater([kept])
    } catch (error) {
      if (!(error instanceof SerializationError)) throw error
      kept.isFixed = true
    }
  }

  async #writeLater(victims: readonly KeptValue[]): Promise<void> {
    for (const kept of victims) kept.isMoving = true
    try {
      await this.spill!.write(victims.map((kept) => this.#itemOf(kept)))
      for (const kept of victims) {
        // It was freed on the way.
        if (kept.isDropped) void this.spill!.delete([kept.key])
        else this.#moved(kept)
      }
    } finally {
      for (const kept of victims) kept.isMoving = false
    }
  }

  /** The allowance has changed. Resolves with what must be allowed all the same, once the rest is spilled. */
  async allow(bytes: number): Promise<number> {
    this.allowances.allow?.(bytes)
    return this.shrink(bytes)
  }

  /** Spills down to so many bytes. Resolves with what must be allowed all the same. */
  async shrink(toBytes: number): Promise<number> {
    await this.#makeRoom(this.#memory.usage.bytes - toBytes)
    return Math.max(toBytes, this.#memory.usage.bytes)
  }

  // Values that came by themselves (results, copies) are never refused; others go.
  #makeRoom(bytes: number): PromiseLike<void> | undefined {
    const before = this.#memory.usage.bytes
    this.#dropCopies(bytes)
    const left = bytes - (before - this.#memory.usage.bytes)
    if (left <= 0 || this.spill === undefined || this.#isSpilling) return undefined
    try {
      if (this.spill.isSync) this.#spillNow(left)
      else return this.#makeRoomLater(left)
    } catch (error) {
      this.#warn(error)
    }
    return undefined
  }

  async #makeRoomLater(bytes: number): Promise<void> {
    this.#isSpilling = true
    try {
      await this.#spillLater(bytes)
    } catch (error) {
      this.#warn(error)
    } finally {
      this.#isSpilling = false
    }
  }

  #warn(error: unknown): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#runtime.log('warn', `Objects stay in memory beyond the budget: ${String(error)}`)
  }

  #missing(bytes: number): number {
    return this.#memory.usage.bytes + bytes - this.allowances.bytes
  }

  #dropCopies(bytes: number): void {
    if (bytes <= 0) return
    for (const kept of this.#inMemory) {
      if (!kept.isCopy || kept === this.#arriving) continue
      this.#forget(kept)
      kept.store = undefined
      bytes -= kept.bytes
      if (bytes <= 0) return
    }
  }

  #victims(bytes: number): KeptValue[] {
    const victims: KeptValue[] = []
    for (const kept of this.#inMemory) {
      if (bytes <= 0) break
      if (kept.isCopy || kept.isFixed || kept.isMoving || kept === this.#arriving) continue
      victims.push(kept)
      bytes -= kept.bytes
    }
    return victims
  }

  #itemOf(kept: KeptValue): { id: string; value: unknown; bytes: number } {
    const { value } = this.#memory.read(kept.key) as { value: unknown }
    return { id: kept.key, value, bytes: kept.bytes }
  }

  #tupleOf(stored: Stored): unknown {
    return KeptValue.tupleOf(stored, (kind) => this.isLive(kind))
  }

  #newKept(entry: ObjectEntry, stored: Stored, bytes: number, isCopy: boolean): KeptValue {
    const key = `${this.#runtime.realmId}/${this.#nextKey++}`
    const kept = new KeptValue(this, { id: entry.id, key, bytes, isCopy }, stored)
    this.#collected.register(entry, kept, kept)
    return kept
  }

  #add(entry: ObjectEntry, stored: Stored, bytes: number, isCopy: boolean): KeptValue {
    const kept = this.#newKept(entry, stored, bytes, isCopy)
    void this.#memory.write([{ id: kept.key, value: this.#tupleOf(stored), bytes }])
    kept.store = this.#memory
    this.#inMemory.add(kept)
    return kept
  }

  #moved(kept: KeptValue): void {
    this.#forget(kept)
    this.#nowOnDisk(kept)
  }

  #nowOnDisk(kept: KeptValue): void {
    kept.store = this.spill
    this.#onDisk.add(kept)
  }

  #forget(kept: KeptValue): void {
    this.#inMemory.delete(kept)
    void this.#memory.delete([kept.key])
  }

  drop(kept: KeptValue): void {
    if (kept.isDropped) return
    kept.isDropped = true
    this.#collected.unregister(kept)
    if (this.#inMemory.has(kept)) this.#forget(kept)
    if (this.#onDisk.delete(kept)) void kept.store!.delete([kept.key])
    this.#runtime.values.release(kept.live)
  }

  /** Forgets everything, on disk as well. */
  async close(): Promise<void> {
    await this.#opening
    await this.spill?.close()
  }

  #full(bytes: number, reason: string): ObjectStoreFullError {
    const { memoryBytes, allowanceBytes } = this.usage
    return new ObjectStoreFullError(
      `An object of ${bytes} bytes does not fit: ${memoryBytes} of ${allowanceBytes} bytes of object memory are used, and nothing can be spilled to disk (${reason}). Free objects, or raise init({ objectStoreMemory }).`,
      { bytes, usedBytes: memoryBytes, allowanceBytes },
    )
  }
}

// Shared memory counts where it was made, not where it is read.
function bytesOf({ value, specials }: Stored, isCopy: boolean): number {
  let bytes = sizeOf(value)
  for (const [, kind, payload] of specials ?? []) {
    if (kind !== 'shared') bytes += sizeOf(payload)
    else if (!isCopy) bytes += (payload as SharedPart).bytes
  }
  return bytes
}

function isShort(value: unknown): boolean {
  return typeof value === 'string' ? value.length < minKeptBytes / 4 : isPrimitive(value) && typeof value !== 'bigint'
}

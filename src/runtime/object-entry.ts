import type { Special } from '../protocol/codec.ts'
import { type ObjectId, ownerOf, type RealmId } from '../protocol/ids.ts'
import type { DeviceValue } from './gpu-objects.ts'
import type { KeptValue } from './kept-value.ts'
import type { Runtime } from './runtime.ts'

/** A value as it arrived or was stored: packed, its live specials alive in this realm. */
export interface Stored {
  readonly value: unknown
  readonly specials: readonly Special[] | undefined
  /** An error made in this realm: its readers here get it itself. */
  readonly local?: { readonly error: unknown }
}

/** A value to be used. `isPrivate`: nobody else sees it, so it needs no copy. */
export interface Reading {
  readonly stored: Stored
  readonly isPrivate: boolean
}

/** The call that makes an object. */
export interface Maker {
  /** The realm that runs it, once that is known. */
  readonly callee: RealmId | undefined
  /** The actor it is a call on. */
  readonly actorId?: string
}

/** Receives the outcome of a call: an entry, or a promise of a direct call. */
export interface Sink {
  resolve(stored: Stored): void
  /** `stored` holds what was thrown. */
  reject(stored: Stored): void
  /** One item of a generator, in order. */
  item?(stored: Stored): void
  /** The generator is done. */
  end?(): void
}

/**
 * What this realm knows of one object: its value, its error, or that it is still to come. A small value is here; a large
 * one is in a store, which may move it to disk.
 */
export class ObjectEntry implements Sink {
  readonly runtime: Runtime
  readonly id: ObjectId
  state: 'pending' | 'value' | 'error' | 'freed' = 'pending'
  /** A small value, or an error. */
  stored: Stored | undefined
  /** Where a large value is. */
  kept: KeptValue | undefined
  /** It is a buffer of a GPU device of this realm. */
  onDevice: DeviceValue | undefined
  /** Refs to it in this realm. */
  refCount = 0
  /** Nobody waits for it any more: its value is not kept when it comes. */
  isAbandoned = false
  #waiters: (() => void)[] | undefined
  /** The last `wait` that has it in its list. */
  lastWait = 0
  /** Ends the call that makes the object, while that runs or waits. `force` ends its worker; actor calls refuse it. */
  cancel: ((reason: unknown, force: boolean) => void) | undefined
  /** The call that makes it, when it was made in this realm. */
  maker: Maker | undefined
  isFetching = false
  isLooking = false
  /** Its value is known to be large, and was left where it is: so many bytes. */
  farBytes: number | undefined
  #finders: (() => void)[] | undefined
  /** It is kept here, though another realm made it. */
  isTakenOver = false

  constructor(runtime: Runtime, id: ObjectId) {
    this.runtime = runtime
    this.id = id
  }

  /** The realm that keeps the object: its owner, or whoever took it over. */
  get keeper(): RealmId {
    return this.runtime.objects.keeperOf(this.id)
  }

  /** The realm that made it. */
  get owner(): RealmId {
    return ownerOf(this.id)
  }

  get isSettled(): boolean {
    return this.state !== 'pending'
  }

  resolve(stored: Stored): void {
    if (this.state !== 'pending') return this.runtime.values.release(stored.specials)
    const kept = this.runtime.memory.keep(this, stored)
    if (kept === undefined) this.resolveSmall(stored)
    else this.resolveKept(kept)
  }

  /** Its value stays here. */
  resolveSmall(stored: Stored): void {
    this.stored = stored
    this.#settle('value')
  }

  /** Its value is in a store already. */
  resolveKept(kept: KeptValue): void {
    this.kept = kept
    this.#settle('value')
  }

  /** Its value is on a device. */
  resolveOnDevice(value: DeviceValue): void {
    this.onDevice = value
    this.#settle('value')
  }

  /** The value that its owner hands over is kept here from now on; a copy that was here already makes room for it. */
  takeOver(isError: boolean, stored: Stored): void {
    this.isTakenOver = true
    if (isError) return this.reject(stored)
    if (this.kept?.isCopy === true) {
      this.kept.drop()
      this.kept = undefined
      this.state = 'pending'
    }
    this.resolve(stored)
  }

  reject(stored: Stored): void {
    if (this.state !== 'pending') return
    this.stored = stored
    this.#settle('error')
  }

  #settle(state: 'value' | 'error'): void {
    this.state = state
    this.cancel = undefined
    this.maker = undefined
    this.#wake()
    if (this.isAbandoned && state === 'value') this.free()
  }

  /** The value, now when it is in memory, else when it has been read. Rejects with ObjectLostError when it is gone. */
  read(): Reading | PromiseLike<Reading> {
    if (this.onDevice !== undefined) return this.onDevice.readBack()
    return this.kept === undefined ? { stored: this.stored!, isPrivate: false } : this.kept.read()
  }

  /** As `read`, for code of this realm: what is on a device of it stays there. */
  readHere(): Reading | PromiseLike<Reading> {
    return this.onDevice?.reading ?? this.read()
  }

  free(): void {
    this.state = 'freed'
    this.runtime.values.release(this.stored?.specials)
    this.stored = undefined
    this.kept?.drop()
    this.kept = undefined
    this.onDevice?.release()
    this.onDevice = undefined
    this.#wake()
  }

  /** Calls back when the value or error is there; at once when it is. */
  whenSettled(waiter: () => void): void {
    if (this.state !== 'pending') return waiter()
    if (this.#waiters === undefined) this.#waiters = [waiter]
    else this.#waiters.push(waiter)
  }

  /** It is called back no more. */
  dropWaiter(waiter: () => void): void {
    const waiters = this.#waiters
    const at = waiters?.lastIndexOf(waiter) ?? -1
    if (at < 0) return
    if (waiters!.length === 1) this.#waiters = undefined
    else waiters!.splice(at, 1)
  }

  /** Calls back when the value or error is here, or is known to be large and elsewhere. */
  whenFound(finder: () => void): void {
    if (this.isFound) return finder()
    if (this.#finders === undefined) this.#finders = [finder]
    else this.#finders.push(finder)
  }

  get isFound(): boolean {
    return this.state !== 'pending' || this.farBytes !== undefined
  }

  /** Its value is large, and stays where it is. */
  foundFar(bytes: number): void {
    this.farBytes = bytes
    this.#wakeFinders()
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = undefined
    if (waiters !== undefined) for (const waiter of waiters) waiter()
    this.#wakeFinders()
  }

  #wakeFinders(): void {
    const finders = this.#finders
    this.#finders = undefined
    if (finders !== undefined) for (const finder of finders) finder()
  }
}

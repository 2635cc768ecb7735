import type { Special } from '../protocol/codec.ts'
import type { ObjectId, RealmId } from '../protocol/ids.ts'
import type { Runtime } from './runtime.ts'

/** A value as it arrived or was stored: packed, its live specials alive in this realm. */
export interface Stored {
  readonly value: unknown
  readonly specials: readonly Special[] | undefined
  /** An error made in this realm: its readers here get it itself. */
  readonly local?: { readonly error: unknown }
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
 * What this realm knows of one object: its value, its error, or that it is still to come. The owner's entry counts who
 * holds the object; a borrower's entry counts the holds it was given, and gives them back when its last ref is gone.
 */
export class ObjectEntry implements Sink {
  readonly runtime: Runtime
  readonly id: ObjectId
  readonly owner: RealmId
  state: 'pending' | 'value' | 'error' | 'freed' = 'pending'
  stored: Stored | undefined
  /** Refs to it in this realm. */
  refCount = 0
  /** Holds of other realms (owner), by realm. */
  holders: Map<RealmId, number> | undefined
  /** Holds this realm was given (borrower). */
  grantCount = 0
  #waiters: (() => void)[] | undefined
  /** Ends the call that makes the object, while that runs or waits. `force` ends its worker; actor calls refuse it. */
  cancel: ((reason: unknown, force: boolean) => void) | undefined
  isFetching = false

  constructor(runtime: Runtime, id: ObjectId, owner: RealmId) {
    this.runtime = runtime
    this.id = id
    this.owner = owner
  }

  get isSettled(): boolean {
    return this.state !== 'pending'
  }

  resolve(stored: Stored): void {
    this.#settle('value', stored)
  }

  reject(stored: Stored): void {
    this.#settle('error', stored)
  }

  #settle(state: 'value' | 'error', stored: Stored): void {
    if (this.state !== 'pending') return
    this.state = state
    this.stored = stored
    this.cancel = undefined
    this.#wake()
  }

  free(): void {
    this.state = 'freed'
    this.runtime.values.release(this.stored?.specials)
    this.stored = undefined
    this.#wake()
  }

  /** Calls back when the value or error is there; at once when it is. */
  whenSettled(waiter: () => void): void {
    if (this.state !== 'pending') return waiter()
    if (this.#waiters === undefined) this.#waiters = [waiter]
    else this.#waiters.push(waiter)
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = undefined
    if (waiters !== undefined) for (const waiter of waiters) waiter()
  }
}

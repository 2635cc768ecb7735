/** Limits of a queue: how many calls may run at once, in all that name no group and per named group. */
export interface ConcurrencyLimits {
  readonly maxConcurrency: number
  readonly groups: Readonly<Record<string, number>>
}

/** The place of a call among the calls of its caller. */
export interface CallOrder {
  readonly caller: string
  readonly session: number
  readonly seq: number
}

interface Caller<T> {
  readonly session: number
  next: number
  /** Calls that came before their turn; without an item where one was taken out. */
  readonly early: Map<number, { readonly group: string; readonly item: T | undefined }>
}

interface Lane<T> {
  readonly limit: number
  readonly waiting: T[]
  head: number
  running: number
}

/**
 * Decides which call of an actor starts next. Calls of one caller start in the order of their sequence numbers, by
 * whatever path they came; each group has a lane of its own with its own limit.
 */
export class CallQueue<T> {
  readonly #lanes = new Map<string, Lane<T>>()
  readonly #callers = new Map<string, Caller<T>>()
  #runningCount = 0
  #waitingCount = 0

  constructor(limits: ConcurrencyLimits) {
    this.#lanes.set('', lane(limits.maxConcurrency))
    for (const [group, limit] of Object.entries(limits.groups)) this.#lanes.set(group, lane(limit))
  }

  hasGroup(group: string): boolean {
    return this.#lanes.has(group)
  }

  /**
   * Takes a call in. Calls that came early wait for the ones before them; repeated ones are dropped. A caller that let
   * go of all its handles and got one again starts a new session, which counts from 0. False: it was a repeated one.
   */
  arrive({ caller, session, seq }: CallOrder, group: string, item: T): boolean {
    let state = this.#callers.get(caller)
    if (state === undefined || session > state.session) {
      state = { session, next: 0, early: new Map() }
      this.#callers.set(caller, state)
    }
    if (session < state.session || seq < state.next) return false
    if (seq > state.next) {
      state.early.set(seq, { group, item })
      return true
    }
    this.#enter(group, item)
    state.next++
    for (let early = state.early.get(state.next); early !== undefined; early = state.early.get(state.next)) {
      state.early.delete(state.next)
      if (early.item !== undefined) this.#enter(early.group, early.item)
      state.next++
    }
    return true
  }

  /** The next call that may start now, taken out of the queue. */
  next(): { item: T; group: string } | undefined {
    for (const [group, lane] of this.#lanes) {
      if (lane.head >= lane.waiting.length || lane.running >= lane.limit) continue
      const item = lane.waiting[lane.head]!
      lane.waiting[lane.head++] = undefined as T
      if (lane.head > 1024 && lane.head * 2 > lane.waiting.length) {
        lane.waiting.splice(0, lane.head)
        lane.head = 0
      }
      lane.running++
      this.#runningCount++
      this.#waitingCount--
      return { item, group }
    }
    return undefined
  }

  /** A call that `next` gave out has ended. */
  finished(group: string): void {
    this.#lanes.get(group)!.running--
    this.#runningCount--
  }

  /** Takes a waiting call out, so that it never starts. */
  remove(matches: (item: T) => boolean): T | undefined {
    for (const lane of this.#lanes.values()) {
      for (let i = lane.head; i < lane.waiting.length; i++) {
        if (!matches(lane.waiting[i]!)) continue
        this.#waitingCount--
        return lane.waiting.splice(i, 1)[0]
      }
    }
    for (const { early } of this.#callers.values()) {
      for (const [seq, call] of early) {
        if (call.item === undefined || !matches(call.item)) continue
        // Its place stays: the calls behind it wait for the ones before it.
        early.set(seq, { group: call.group, item: undefined })
        return call.item
      }
    }
    return undefined
  }

  /**
   * A caller that has ended: its place is forgotten. What it sent in order stays; given back is what waited for calls
   * that will never come. Nothing may arrive from it afterwards.
   */
  forget(caller: string): T[] {
    const early = this.#callers.get(caller)?.early
    this.#callers.delete(caller)
    const items: T[] = []
    for (const { item } of early?.values() ?? []) if (item !== undefined) items.push(item)
    return items
  }

  /** Callers whose order is kept. */
  get callerCount(): number {
    return this.#callers.size
  }

  get runningCount(): number {
    return this.#runningCount
  }

  get waitingCount(): number {
    return this.#waitingCount
  }

  /** Everything that has not started, in order; the queue is empty afterwards. */
  drain(): T[] {
    const items: T[] = []
    for (const lane of this.#lanes.values()) {
      items.push(...lane.waiting.slice(lane.head))
      lane.waiting.length = 0
      lane.head = 0
    }
    this.#waitingCount = 0
    for (const { early } of this.#callers.values()) {
      for (const { item } of early.values()) if (item !== undefined) items.push(item)
      early.clear()
    }
    return items
  }

  #enter(group: string, item: T): void {
    const lane = this.#lanes.get(group)
    if (lane === undefined) throw new RangeError(`bug: no concurrency group ${group}`)
    lane.waiting.push(item)
    this.#waitingCount++
  }
}

function lane<T>(limit: number): Lane<T> {
  return { limit, waiting: [], head: 0, running: 0 }
}

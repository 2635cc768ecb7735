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
  readonly name: string
  session: number
  next: number
  /** Calls that came before their turn; without an item where one was taken out. Undefined: there was never one. */
  early: Map<number, { readonly group: string; readonly item: T | undefined }> | undefined
}

/** Those that wait are at `head` and behind it, before `tail`. The places are used again once all have gone. */
interface Lane<T> {
  readonly limit: number
  waiting: T[] | undefined
  head: number
  tail: number
  running: number
}

/**
 * Decides which call of an actor starts next. Calls of one caller start in the order of their sequence numbers, by
 * whatever path they came; each group has a lane of its own with its own limit.
 */
export class CallQueue<T> {
  readonly #lane: Lane<T>
  /** Of the named groups, where there are any. */
  readonly #groups: Map<string, Lane<T>> | undefined
  /** The first caller; most actors have no other. */
  #caller: Caller<T> | undefined
  #others: Map<string, Caller<T>> | undefined
  #runningCount = 0
  #waitingCount = 0

  constructor(limits: ConcurrencyLimits) {
    this.#lane = lane(limits.maxConcurrency)
    for (const group in limits.groups) (this.#groups ??= new Map()).set(group, lane(limits.groups[group]!))
  }

  hasGroup(group: string): boolean {
    return group === '' || this.#groups?.has(group) === true
  }

  /**
   * Takes a call in. Calls that came early wait for the ones before them; repeated ones are dropped. A caller that let
   * go of all its handles and got one again starts a new session, which counts from 0. False: it was a repeated one.
   */
  arrive({ caller, session, seq }: CallOrder, group: string, item: T): boolean {
    const state = this.#caller?.name === caller ? this.#caller : this.#callerOf(caller, session)
    if (session > state.session) {
      state.session = session
      state.next = 0
      state.early = undefined
    }
    if (session < state.session || seq < state.next) return false
    if (seq > state.next) {
      state.early ??= new Map()
      state.early.set(seq, { group, item })
      return true
    }
    this.#enter(group, item)
    state.next++
    if (state.early === undefined) return true
    for (let early = state.early.get(state.next); early !== undefined; early = state.early.get(state.next)) {
      state.early.delete(state.next)
      if (early.item !== undefined) this.#enter(early.group, early.item)
      state.next++
    }
    return true
  }

  #callerOf(name: string, session: number): Caller<T> {
    const known = this.#others?.get(name)
    if (known !== undefined) return known
    const caller = { name, session, next: 0, early: undefined }
    if (this.#caller === undefined) this.#caller = caller
    else (this.#others ??= new Map()).set(name, caller)
    return caller
  }

  /** The next call that may start now, taken out of the queue. */
  next(): { item: T; group: string } | undefined {
    const item = take(this.#lane)
    if (item !== undefined) return this.#started(item, '')
    if (this.#groups === undefined) return undefined
    for (const [group, lane] of this.#groups) {
      const item = take(lane)
      if (item !== undefined) return this.#started(item, group)
    }
    return undefined
  }

  #started(item: T, group: string): { item: T; group: string } {
    this.#runningCount++
    this.#waitingCount--
    return { item, group }
  }

  /** A call that `next` gave out has ended. */
  finished(group: string): void {
    this.#laneOf(group)!.running--
    this.#runningCount--
  }

  #laneOf(group: string): Lane<T> | undefined {
    return group === '' ? this.#lane : this.#groups?.get(group)
  }

  *#lanes(): Generator<Lane<T>> {
    yield this.#lane
    if (this.#groups !== undefined) yield* this.#groups.values()
  }

  *#callers(): Generator<Caller<T>> {
    if (this.#caller !== undefined) yield this.#caller
    if (this.#others !== undefined) yield* this.#others.values()
  }

  /** Takes a waiting call out, so that it never starts. */
  remove(matches: (item: T) => boolean): T | undefined {
    for (const lane of this.#lanes()) {
      for (let i = lane.head; i < lane.tail; i++) {
        if (!matches(lane.waiting![i]!)) continue
        this.#waitingCount--
        lane.tail--
        return lane.waiting!.splice(i, 1)[0]
      }
    }
    for (const { early } of this.#callers()) {
      for (const [seq, call] of early ?? []) {
        if (call.item === undefined || !matches(call.item)) continue
        // Its place stays: the calls behind it wait for the ones before it.
        early!.set(seq, { group: call.group, item: undefined })
        return call.item
      }
    }
    return undefined
  }

  /**
   * A caller that has ended: its place is forgotten. What it sent in order stays; given back is what waited for calls
   * that will never come. Nothing may arrive from it afterwards.
   */
  forget(name: string): T[] {
    const caller = this.#caller?.name === name ? this.#caller : this.#others?.get(name)
    if (caller === undefined) return []
    if (caller === this.#caller) this.#caller = undefined
    else this.#others!.delete(name)
    return earlyOf(caller)
  }

  /** Callers whose order is kept. */
  get callerCount(): number {
    return (this.#caller === undefined ? 0 : 1) + (this.#others?.size ?? 0)
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
    for (const lane of this.#lanes()) {
      if (lane.waiting !== undefined) items.push(...lane.waiting.slice(lane.head, lane.tail))
      lane.waiting = undefined
      lane.head = lane.tail = 0
    }
    this.#waitingCount = 0
    for (const caller of this.#callers()) {
      items.push(...earlyOf(caller))
      caller.early = undefined
    }
    return items
  }

  #enter(group: string, item: T): void {
    const lane = this.#laneOf(group)
    if (lane === undefined) throw new RangeError(`bug: no concurrency group ${group}`)
    if (lane.waiting === undefined) lane.waiting = [item]
    else lane.waiting[lane.tail] = item
    lane.tail++
    this.#waitingCount++
  }
}

function lane<T>(limit: number): Lane<T> {
  return { limit, waiting: undefined, head: 0, tail: 0, running: 0 }
}

/** The first of a lane, when one more may run. */
function take<T>(lane: Lane<T>): T | undefined {
  if (lane.head === lane.tail || lane.running >= lane.limit) return undefined
  const item = lane.waiting![lane.head]!
  lane.waiting![lane.head++] = undefined as T
  lane.running++
  if (lane.head === lane.tail) {
    if (lane.tail > 1024) lane.waiting = undefined
    lane.head = lane.tail = 0
  } else if (lane.head > 1024 && lane.head * 2 > lane.tail) {
    lane.waiting!.splice(0, lane.head)
    lane.tail -= lane.head
    lane.head = 0
  }
  return item
}

function earlyOf<T>({ early }: Caller<T>): T[] {
  const items: T[] = []
  for (const { item } of early?.values() ?? []) if (item !== undefined) items.push(item)
  return items
}

import type { Clock } from './clock.ts'

/** The invariants, by the names that violations are told by. */
export type Invariant =
  | 'state'
  | 'resources'
  | 'gpu'
  | 'order'
  | 'runs'
  | 'settled'
  | 'counts'
  | 'place'
  | 'restarts'
  | 'fair'
  | 'unexpected'

/** Something that must never happen, with what led to it. */
export class Violation extends Error {
  readonly invariant: Invariant

  constructor(invariant: Invariant, message: string) {
    super(message)
    this.invariant = invariant
  }
}

interface Use {
  readonly node: string
  readonly amounts: ReadonlyMap<string, number>
}

/** Watches what really happens in a simulated cluster, independently of what the coordinator believes. */
export class Judge {
  readonly #clock: Clock
  readonly #uses = new Map<string, Use>()
  readonly #used = new Map<string, number>()
  readonly #capacity = new Map<string, ReadonlyMap<string, number>>()
  readonly #lostEpochs = new Set<string>()
  readonly #runs = new Map<string, number>()
  readonly #lastNumber = new Map<string, number>()
  readonly #outcomes = new Map<string, string | undefined>()
  readonly #lives = new Map<string, Map<string, string>>()
  readonly #made = new Set<string>()
  #takeOverCount = 0
  readonly story: string[] | undefined

  constructor(clock: Clock, tellsStory: boolean) {
    this.#clock = clock
    this.story = tellsStory ? [] : undefined
  }

  tell(text: () => string): void {
    this.story?.push(`${String(Math.round(this.#clock.nowMs)).padStart(6)} ms  ${text()}`)
  }

  fail(invariant: Invariant, message: string): never {
    throw new Violation(invariant, message)
  }

  // ---- resources that are really used

  /** What a life of a node has: `CPU`, `gpu 0`, `gpu 1`, ... */
  nodeStarted(node: string, capacity: ReadonlyMap<string, number>): void {
    this.#capacity.set(node, capacity)
  }

  use(key: string, node: string, amounts: ReadonlyMap<string, number>): void {
    this.free(key)
    this.#uses.set(key, { node, amounts })
    for (const [name, amount] of amounts) {
      const id = `${node} ${name}`
      const used = (this.#used.get(id) ?? 0) + amount
      this.#used.set(id, used)
      const limit = this.#capacity.get(node)?.get(name) ?? 0
      if (used > limit + 1e-6) {
        const kind = name.startsWith('gpu') ? 'gpu' : 'resources'
        this.fail(kind, `${node} has ${limit} ${name}, and ${used} are in use by ${this.#usersOf(node, name)}`)
      }
    }
  }

  #usersOf(node: string, name: string): string {
    return [...this.#uses].flatMap(([key, use]) => (use.node === node && use.amounts.has(name) ? [key] : [])).join(', ')
  }

  free(key: string): void {
    const use = this.#uses.get(key)
    if (use === undefined) return
    this.#uses.delete(key)
    for (const [name, amount] of use.amounts) {
      const id = `${use.node} ${name}`
      this.#used.set(id, this.#used.get(id)! - amount)
    }
  }

  freeAll(prefix: string): void {
    for (const key of this.#uses.keys()) if (key.startsWith(prefix)) this.free(key)
  }

  // ---- where things run

  nodeLost(node: string): void {
    this.#lostEpochs.add(node)
    // What is frozen there runs no more: that is checked when it wakes.
    for (const lives of this.#lives.values()) for (const [life, place] of lives) if (place === node) lives.delete(life)
  }

  isLost(node: string): boolean {
    return this.#lostEpochs.has(node)
  }

  /** Code of users runs now on that life of a node. */
  runsOn(node: string, what: string): void {
    if (this.#lostEpochs.has(node)) this.fail('place', `${what} runs on ${node}, which counts as lost`)
  }

  /** A life that nobody can know of any more may be lived again. */
  tookOver(): void {
    this.#takeOverCount++
  }

  lifeBegan(actorId: string, life: string, { node, maxRestarts }: { node: string; maxRestarts: number }): void {
    const lives = this.#lives.get(actorId) ?? new Map<string, string>()
    this.#lives.set(actorId, lives.set(life, node))
    if (lives.size > 1) this.fail('restarts', `${[...lives.keys()].join(' and ')} live at once`)
    const count = this.count(`life of ${actorId}`)
    if (maxRestarts >= 0 && count > maxRestarts + 1 + this.#takeOverCount)
      this.fail('restarts', `${actorId} has life number ${count} with ${maxRestarts} restarts`)
  }

  /** Its constructor has ended well. */
  lifeMade(life: string): void {
    this.#made.add(life)
  }

  /** The coordinator says that it lives. */
  countsAsAlive(life: string): void {
    if (!this.#made.has(life)) this.fail('restarts', `${life} counts as alive before it was made`)
  }

  lifeEnded(actorId: string, life: string): void {
    this.#lives.get(actorId)?.delete(life)
  }

  // ---- calls

  /** A call or task starts to run for the nth time. */
  ran(id: string, limit: number): void {
    const count = this.count(id)
    if (limit >= 0 && count > limit) this.fail('runs', `${id} ran ${count} times, ${limit} are allowed`)
  }

  count(id: string): number {
    const count = (this.#runs.get(id) ?? 0) + 1
    this.#runs.set(id, count)
    return count
  }

  /** The calls of one caller on one life of an actor start in the order they were made. */
  inOrder(key: string, number: number): void {
    const last = this.#lastNumber.get(key) ?? -1
    if (number <= last) this.fail('order', `call ${number} of ${key} started after call ${last}`)
    this.#lastNumber.set(key, number)
  }

  // ---- promises

  promised(id: string): void {
    this.#outcomes.set(id, undefined)
  }

  settled(id: string, outcome: string): void {
    const before = this.#outcomes.get(id)
    if (before !== undefined) this.fail('settled', `${id} was ${before} and is ${outcome} again`)
    this.#outcomes.set(id, outcome)
    this.tell(() => `${id}: ${outcome}`)
  }

  /** Nobody is there any more to see it. */
  abandoned(id: string): void {
    this.#outcomes.delete(id)
  }

  checkAllSettled(): void {
    for (const [id, outcome] of this.#outcomes) if (outcome === undefined) this.fail('settled', `${id} never settles`)
  }
}

/** A call or task that has ended, by the clock of its realm: milliseconds of `performance.now()`. */
export type TracedCall = readonly [
  name: string,
  startMs: number,
  endMs: number,
  taskId: string,
  actorId: string | undefined,
  isOk: boolean,
]

/** So much room is made first. */
const firstRoom = 256

/** The last calls of a realm, up to a limit. Its room grows with what is recorded; then the oldest make place. */
export class CallTrace {
  readonly #limit: number
  #times = new Float64Array(0)
  #isOk = new Uint8Array(0)
  readonly #names: string[] = []
  readonly #taskIds: string[] = []
  readonly #actorIds: (string | undefined)[] = []
  #count = 0
  #next = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  record(name: string, startMs: number, endMs: number, of: { taskId: string; actorId?: string }, isOk: boolean): void {
    const at = this.#next
    if (at >= this.#isOk.length) this.#grow()
    this.#times[2 * at] = startMs
    this.#times[2 * at + 1] = endMs
    this.#isOk[at] = isOk ? 1 : 0
    this.#names[at] = name
    this.#taskIds[at] = of.taskId
    this.#actorIds[at] = of.actorId
    if (this.#count < this.#limit) this.#count++
    this.#next = at + 1 === this.#limit ? 0 : at + 1
  }

  get count(): number {
    return this.#count
  }

  /** Those that ended at a time or later, in the order in which they ended. */
  since(sinceMs: number): TracedCall[] {
    const calls: TracedCall[] = []
    const first = this.#next - this.#count
    for (let i = first; i < this.#next; i++) {
      const at = i < 0 ? i + this.#limit : i
      const endMs = this.#times[2 * at + 1]!
      if (endMs < sinceMs) continue
      const [name, taskId] = [this.#names[at]!, this.#taskIds[at]!]
      calls.push([name, this.#times[2 * at]!, endMs, taskId, this.#actorIds[at], this.#isOk[at] === 1])
    }
    return calls
  }

  #grow(): void {
    const room = Math.min(this.#limit, Math.max(firstRoom, 2 * this.#isOk.length))
    const [times, isOk] = [new Float64Array(2 * room), new Uint8Array(room)]
    times.set(this.#times)
    isOk.set(this.#isOk)
    this.#times = times
    this.#isOk = isOk
  }
}

/** A call or task that has ended, by the clock of its realm: milliseconds of `performance.now()`. */
export type TracedCall = readonly [
  name: string,
  startMs: number,
  endMs: number,
  taskId: string,
  actorId: string | undefined,
  isOk: boolean,
]

/** Which call it was: a `CallContext`. */
interface Traced {
  readonly taskId: string
  readonly actorId?: string
  readonly incarnation?: number
  readonly callNumber?: number
}

/** The id of a call on an actor: which one of which life. */
export function callTaskId(actorId: string, incarnation: number, callNumber: number): string {
  return `${actorId}/${incarnation}/${callNumber}`
}

/** So much room is made first. */
const firstRoom = 256
/** The numbers of one call: start, end, incarnation, number of the call. */
const width = 4

/** The last calls of a realm, up to a limit. Its room grows with what is recorded; then the oldest make place. */
export class CallTrace {
  readonly #limit: number
  #room = 0
  #numbers = new Float64Array(0)
  #isOk = new Uint8Array(0)
  readonly #names: string[] = []
  readonly #actorIds: (string | undefined)[] = []
  /** Of tasks. Those of calls on actors are made when they are read: strings that live on cost more than all the rest. */
  readonly #taskIds: (string | undefined)[] = []
  #count = 0
  #next = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  record(name: string, startMs: number, endMs: number, call: Traced, isOk: boolean): void {
    const at = this.#next
    if (at >= this.#room) this.#grow()
    const numbers = this.#numbers
    numbers[width * at] = startMs
    numbers[width * at + 1] = endMs
    numbers[width * at + 2] = call.incarnation ?? 0
    numbers[width * at + 3] = call.callNumber ?? 0
    this.#isOk[at] = isOk ? 1 : 0
    this.#names[at] = name
    this.#actorIds[at] = call.actorId
    this.#taskIds[at] = call.actorId === undefined ? call.taskId : undefined
    if (this.#count < this.#limit) this.#count++
    this.#next = at + 1 === this.#limit ? 0 : at + 1
  }

  get count(): number {
    return this.#count
  }

  /** Those that ended at a time or later, in the order in which they ended. */
  since(sinceMs: number): TracedCall[] {
    const calls: TracedCall[] = []
    for (let i = this.#next - this.#count; i < this.#next; i++) {
      const call = this.#read(i < 0 ? i + this.#limit : i)
      if (call[2] >= sinceMs) calls.push(call)
    }
    return calls
  }

  #read(at: number): TracedCall {
    const [startMs = 0, endMs = 0, incarnation = 0, callNumber = 0] = this.#numbers.subarray(
      width * at,
      width * (at + 1),
    )
    const actorId = this.#actorIds[at]
    const taskId = actorId === undefined ? this.#taskIds[at]! : callTaskId(actorId, incarnation, callNumber)
    return [this.#names[at]!, startMs, endMs, taskId, actorId, this.#isOk[at] === 1]
  }

  #grow(): void {
    this.#room = Math.min(this.#limit, Math.max(firstRoom, 2 * this.#room))
    const [numbers, isOk] = [new Float64Array(width * this.#room), new Uint8Array(this.#room)]
    numbers.set(this.#numbers)
    isOk.set(this.#isOk)
    this.#numbers = numbers
    this.#isOk = isOk
  }
}

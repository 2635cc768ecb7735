import type { WaitEdge } from '../core/wait-graph.ts'
import { DeadlockError } from '../protocol/errors.ts'
import type { ActorCall } from './actor-call.ts'
import type { Runtime } from './runtime.ts'

const tickMs = 500
/** A wait is reported when it is this many ticks old: two seconds. */
const oldTicks = 4

/** Calls that actors of this realm have made and that are not answered: long ones are reported to the coordinator. */
export class Waits {
  readonly #runtime: Runtime
  readonly #calls = new Map<ActorCall, { readonly from: string; readonly since: number; readonly number: number }>()
  #tick = 0
  #nextNumber = 1
  #timer: ReturnType<typeof setInterval> | undefined
  #hasReported = false

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  add(call: ActorCall, from: string): void {
    this.#calls.set(call, { from, since: this.#tick, number: this.#nextNumber++ })
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => this.#look(), tickMs)
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  remove(call: ActorCall): void {
    this.#calls.delete(call)
  }

  /** The coordinator found this call to close a circle. */
  reject(number: number, chain: string): void {
    for (const [call, wait] of this.#calls) {
      if (wait.number === number)
        call.cancel(new DeadlockError(`Calls wait for each other in a circle: ${chain}.`, { chain }))
    }
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    this.#tick++
    const edges: WaitEdge[] = []
    for (const [call, { from, since, number }] of this.#calls) {
      if (this.#tick - since > oldTicks) edges.push({ from, to: call.actorId, method: call.method, call: number })
    }
    if (edges.length > 0 || this.#hasReported) this.#runtime.control.reportWaits(edges)
    this.#hasReported = edges.length > 0
    if (this.#calls.size > 0 || this.#hasReported) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

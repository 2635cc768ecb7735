import { Op } from '../protocol/messages.ts'
import type { Link } from './link.ts'
import type { Runtime } from './runtime.ts'

/** A call this realm runs or has queued for another one. */
export interface Running {
  cancel(reason: unknown): void
  taken(count: number): void
}

/** Calls by the link and number they came with, so that their callers can cancel them and pace their streams. */
export class RunningCalls {
  readonly #runtime: Runtime
  readonly #byLink = new Map<Link, Map<number, Running>>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  add(link: Link, callId: number, running: Running): void {
    let calls = this.#byLink.get(link)
    if (calls === undefined) this.#byLink.set(link, (calls = new Map()))
    calls.set(callId, running)
  }

  remove(link: Link, callId: number): void {
    this.#byLink.get(link)?.delete(callId)
  }

  onControl(link: Link, op: number, batch: readonly unknown[], at: number): void {
    const running = this.#byLink.get(link)?.get(batch[at] as number)
    if (running === undefined) return
    if (op === Op.taken) return running.taken(batch[at + 1] as number)
    const { values } = this.#runtime
    running.cancel(values.openThrown({ value: batch[at + 1], specials: values.fromWire(batch[at + 2]) }).thrown)
  }

  /** The caller is gone: nobody waits for its streams any more. */
  linkClosed(link: Link): void {
    const calls = this.#byLink.get(link)
    this.#byLink.delete(link)
    for (const running of calls?.values() ?? []) running.taken(-1)
  }
}

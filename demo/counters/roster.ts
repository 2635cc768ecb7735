import { kill, ready } from 'troupe'
import { ActorCard } from './actor-card.ts'
import type { CallMeter } from './call-meter.ts'
import { Counter } from './counters.actor.ts'

type CounterHandle = ReturnType<typeof Counter.remote>

/** A counter on the page. */
export interface Member {
  readonly number: number
  readonly handle: CounterHandle
  readonly card: ActorCard
  workerId: string | undefined
}

/** The actors that the page shows, in the order they were made. A dead one keeps its card until `clear`. */
export class Roster {
  readonly #parent: HTMLElement
  readonly #meter: CallMeter
  readonly #onError: (member: Member, error: unknown) => void
  #alive: Member[] = []
  #nextNumber = 1

  constructor(parent: HTMLElement, meter: CallMeter, onError: (member: Member, error: unknown) => void) {
    this.#parent = parent
    this.#meter = meter
    this.#onError = onError
  }

  get alive(): readonly Member[] {
    return this.#alive
  }

  get workerCount(): number {
    return new Set(this.#alive.map((member) => member.workerId).filter((id) => id !== undefined)).size
  }

  /** Starts an actor; its first calls queue until it is ready. */
  add(): Member {
    const number = this.#nextNumber++
    const card = new ActorCard(number, {
      increment: () => void this.increment(member),
      kill: () => this.kill(member),
    })
    const member: Member = { number, handle: Counter.remote(), card, workerId: undefined }
    this.#alive.push(member)
    this.#parent.append(card.element)
    void this.#locate(member)
    return member
  }

  /** Increments by one; undefined when the actor is dead. */
  async increment(member: Member): Promise<number | undefined> {
    const startMs = performance.now()
    const isStarted = member.workerId !== undefined
    try {
      const value = await member.handle.increment()
      const endMs = performance.now()
      this.#meter.add(endMs, isStarted ? endMs - startMs : undefined)
      member.card.showAnswer(value)
      return value
    } catch (error) {
      this.#onError(member, error)
      return undefined
    }
  }

  /** Ends an actor, and calls it once more to show what its callers get. */
  kill(member: Member): void {
    this.#alive = this.#alive.filter((other) => other !== member)
    kill(member.handle)
    member.card.showDead()
    void this.increment(member)
  }

  clear(): void {
    for (const { handle } of this.#alive) kill(handle)
    this.#alive = []
    this.#parent.replaceChildren()
    this.#nextNumber = 1
  }

  async #locate(member: Member): Promise<void> {
    try {
      await ready(member.handle)
      const { workerId } = await member.handle.where()
      member.workerId = workerId
      if (this.#alive.includes(member)) member.card.showPlace(workerId)
    } catch (error) {
      if (this.#alive.includes(member)) this.#onError(member, error)
    }
  }
}

import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/** A process that sends and receives: one life of a node. */
export interface Process {
  readonly nodeId: string
  /** Something happens in it: later when it is frozen, never when it is dead. */
  enter(act: () => void): void
}

/**
 * Links that keep their order, each with delays of its own, so that messages of different links overtake each other. A cut
 * link holds back what is sent, in one direction or both, until it is mended. What is on the way to a process that has
 * died is lost.
 */
export class Network {
  readonly #clock: Clock
  readonly #random: Random
  readonly #lastArrival = new Map<string, number>()
  /** Until when nothing gets from one node to another, by both their names. */
  readonly #cuts = new Map<string, number>()

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** `link` names the link, as its messages keep their order. */
  send(from: Process, to: Process, link: string, deliver: () => void): void {
    const delay = this.#random.chance(0.05) ? this.#random.between(50, 400) : this.#random.between(0, 12)
    const base = from.nodeId === to.nodeId ? 0 : (this.#cuts.get(`${from.nodeId} ${to.nodeId}`) ?? 0)
    const key = `${link} ${from.nodeId} ${to.nodeId}`
    const at = Math.max(this.#clock.nowMs + delay, base + delay, this.#lastArrival.get(key) ?? 0)
    this.#lastArrival.set(key, at)
    this.#clock.at(at, () => to.enter(deliver))
  }

  /** Nothing gets from one node to another until then. */
  cut(from: string, to: string, untilMs: number): void {
    this.#cuts.set(`${from} ${to}`, untilMs)
  }
}

import { Successor } from '../../../../src/core/successor.ts'
import { TermRegister } from '../../../../src/core/term.ts'
import { SimulatedCoordinator } from './coordinator.ts'
import type { Process } from './network.ts'
import { Random } from './random.ts'
import type { World } from './world.ts'

const takeOverPart = 0.2
const lastCrashMs = 13_000

/**
 * Coordinators that crash or freeze, and those that take over from the last snapshot that has reached them. In most
 * schedules there is nothing of the kind, and then nothing is different.
 */
export class Succession {
  readonly #world: World
  readonly #random: Random
  readonly #arbiter = new TermRegister()
  readonly #coordinators: SimulatedCoordinator[] = []
  readonly #snapshotEvery: number
  #successor: Successor
  #process: Process
  #eventCount = 0
  #replicaCount = 0
  #crashesLeft: number

  private constructor(world: World, random: Random) {
    this.#world = world
    this.#random = random
    this.#snapshotEvery = random.pick([1, 5, 20, 60])
    this.#crashesLeft = random.chance(0.3) ? 2 : 1
    this.#successor = new Successor(1, 0)
    this.#process = processOf(2)
    this.#coordinators.push(world.coordinator)
    this.#planCrash(random.between(1000, 8000))
  }

  /** What comes in a schedule; undefined: the coordinator lives on. Chance of its own leaves the rest as it is. */
  static planned(world: World, seed: number): Succession | undefined {
    const random = new Random(seed ^ 0x2545f491)
    return random.chance(takeOverPart) ? new Succession(world, random) : undefined
  }

  #planCrash(inMs: number): void {
    // At the end of a schedule things are told once, and must be heard.
    if (this.#crashesLeft === 0 || this.#world.clock.nowMs + inMs > lastCrashMs) return
    this.#crashesLeft--
    this.#world.clock.after(inMs, () => {
      const { coordinator, clock, judge } = this.#world
      const isFrozen = this.#random.chance(0.5)
      judge.tell(() => `harm: the coordinator of term ${coordinator.term} ${isFrozen ? 'freezes' : 'crashes'}`)
      if (!isFrozen) coordinator.isDead = true
      else coordinator.frozenUntilMs = clock.nowMs + this.#random.between(1000, 9000)
    })
  }

  /** The coordinator has handled something. Now and then it sends a snapshot, which may be late or lost. */
  handled(coordinator: SimulatedCoordinator): void {
    // The driver's node does not come back: without it nothing could be taken over.
    if (this.#replicaCount === 0 && !coordinator.state.nodes().some(({ nodeId }) => nodeId === 'n0')) return
    if (this.#eventCount++ % this.#snapshotEvery === 0) this.#ship(coordinator, this.#replicaCount > 0)
  }

  #ship(coordinator: SimulatedCoordinator, mayBeLost: boolean): void {
    const replica = { number: ++this.#replicaCount, snapshot: coordinator.state.snapshot() }
    if (mayBeLost && this.#random.chance(0.2)) return
    const successor = this.#successor
    const { clock } = this.#world
    clock.after(this.#random.between(1, 400), () => successor.received(replica, clock.nowMs))
  }

  /** A node is used when the successor knows of it. */
  announce(nodeId: string, epoch: number, admit: () => void): void {
    const successor = this.#successor
    const { clock } = this.#world
    clock.after(this.#random.between(1, 200), () => {
      if (successor.nodeJoins(nodeId, epoch)) clock.after(this.#random.between(1, 200), admit)
    })
  }

  tick(): void {
    const { clock } = this.#world
    for (const coordinator of this.#coordinators) {
      coordinator.enter(() => {
        if (this.#arbiter.term > coordinator.term) coordinator.isDead = true
        else coordinator.hold.confirmed(clock.nowMs)
      })
      if (coordinator.isDead || coordinator.frozenUntilMs > clock.nowMs) continue
      coordinator.tick()
      if (coordinator === this.#world.coordinator) this.#successor.heard(coordinator.term, clock.nowMs)
    }
    const claimed = this.#successor.due(clock.nowMs)
    if (claimed === undefined) return
    const isWon = this.#arbiter.claim(claimed)
    if (this.#successor.answered(claimed, isWon, { term: this.#arbiter.term, nowMs: clock.nowMs }))
      this.#takeOver(claimed)
  }

  #takeOver(term: number): void {
    const { judge, clock } = this.#world
    const snapshot = this.#successor.snapshot!
    judge.tell(() => `term ${term} takes over, with a snapshot of ${snapshot.actors.length} actor(s)`)
    const next = new SimulatedCoordinator(this.#world, this.#process.nodeId, {
      snapshot,
      term,
      joining: this.#successor.joining,
    })
    this.#coordinators.push(next)
    this.#world.coordinator = next
    this.#successor = new Successor(term, clock.nowMs)
    this.#process = processOf(term + 1)
    judge.tookOver()
    next.inquire()
  }

  /** It is the coordinator now, and may be the next to crash. */
  tookOver(coordinator: SimulatedCoordinator): void {
    this.#ship(coordinator, false)
    this.#planCrash(this.#random.between(1000, 5000))
  }
}

function processOf(term: number): Process {
  return { nodeId: `c${term}`, enter: (act) => act() }
}

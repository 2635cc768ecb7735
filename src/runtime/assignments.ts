import type { WorkerId } from '../protocol/ids.ts'
import type { HeadSide } from './head-side.ts'
import { type Assignment, type Duty, dutyId } from './node-books.ts'

/** What nodes were asked to take and have not answered yet. Nothing of it begins before they have. */
export class Assignments {
  readonly #nodes: HeadSide
  readonly #asked = new Map<WorkerId, Map<string, () => void>>()

  constructor(nodes: HeadSide) {
    this.#nodes = nodes
  }

  /** `begin` runs when the node has room for it: at once on this node. */
  ask(assignment: Assignment, begin: () => void): void {
    const { workerId, duty } = assignment
    if (this.#nodes.isOwn(workerId)) {
      if (this.#nodes.assign(assignment)) begin()
      return
    }
    let asked = this.#asked.get(workerId)
    if (asked === undefined) this.#asked.set(workerId, (asked = new Map()))
    asked.set(dutyId(duty), begin)
    this.#nodes.assign(assignment)
  }

  /** The node has taken it. */
  assigned(workerId: WorkerId, id: string): void {
    this.#take(workerId, id)?.()
  }

  /** Its node has not answered yet. */
  isAsked(workerId: WorkerId, duty: Duty): boolean {
    return this.#asked.get(workerId)?.has(dutyId(duty)) === true
  }

  /** It is over, or is not wanted any more: the node has its room again. */
  end(workerId: WorkerId, duty: Duty): void {
    this.#take(workerId, dutyId(duty))
    this.#nodes.unassign(workerId, dutyId(duty))
  }

  /** The node would not have it, and keeps nothing of it. */
  refused(workerId: WorkerId, duty: Duty): void {
    this.#take(workerId, dutyId(duty))
  }

  /** Nothing will begin on a worker that ends. */
  workerEnds(workerId: WorkerId): void {
    this.#asked.delete(workerId)
  }

  #take(workerId: WorkerId, id: string): (() => void) | undefined {
    const asked = this.#asked.get(workerId)
    const begin = asked?.get(id)
    if (begin === undefined) return undefined
    asked!.delete(id)
    if (asked!.size === 0) this.#asked.delete(workerId)
    return begin
  }
}

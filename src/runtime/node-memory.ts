import { type BudgetChanges, MemoryBudget } from '../core/memory-budget.ts'
import type { RealmId, WorkerId } from '../protocol/ids.ts'
import type { Link } from './link.ts'
import type { Runtime } from './runtime.ts'

/** Shares the object memory of this node among its realms. */
export class NodeMemory {
  readonly #runtime: Runtime
  readonly #budget: MemoryBudget
  readonly #linkOf: (workerId: WorkerId) => Link | undefined

  constructor(runtime: Runtime, totalBytes: number, linkOf: (workerId: WorkerId) => Link | undefined) {
    this.#runtime = runtime
    this.#budget = new MemoryBudget(totalBytes)
    this.#linkOf = linkOf
    const own = runtime.realmId
    this.#budget.join(own)
    const budget = this.#budget
    runtime.memory.allowances = {
      get bytes() {
        return budget.allowanceOf(own)
      },
      request: (missingBytes) => this.#tell(budget.request(own, missingBytes)),
    }
  }

  /** What a new worker may keep at first. */
  join(workerId: WorkerId): number {
    return this.#budget.join(workerId)
  }

  /** A worker needs so much more than it may have. */
  wanted(realm: RealmId, bytes: number): void {
    if (bytes > 0) this.#tell(this.#budget.request(realm, bytes))
  }

  /** A worker has got by with less. */
  returned(realm: RealmId, bytes: number): void {
    this.#tell(this.#budget.returned(realm, bytes))
  }

  leave(workerId: WorkerId): void {
    this.#tell(this.#budget.leave(workerId))
  }

  #tell({ grants, shrinks }: BudgetChanges): void {
    for (const { realm, bytes } of grants)
      if (realm !== this.#runtime.realmId) this.#linkOf(realm)?.tell('memoryGranted', bytes)
    for (const { realm, bytes } of shrinks)
      if (realm !== this.#runtime.realmId) this.#linkOf(realm)?.tell('memoryLimited', bytes)
    const own = shrinks.find(({ realm }) => realm === this.#runtime.realmId)
    if (own !== undefined) void this.#shrinkOwn(own.bytes)
  }

  async #shrinkOwn(bytes: number): Promise<void> {
    const left = await this.#runtime.memory.shrink(bytes)
    this.#tell(this.#budget.returned(this.#runtime.realmId, left))
  }
}

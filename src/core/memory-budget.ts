import type { RealmId } from '../protocol/ids.ts'

/** What the realms of a node are told about how much they may keep in memory. */
export interface Allowance {
  readonly realm: RealmId
  /** Bytes. */
  readonly bytes: number
}

/** New allowances: more for those who asked, less for those who have more than their share. */
export interface BudgetChanges {
  readonly grants: readonly Allowance[]
  /** They spill until they fit, then report what they still have. */
  readonly shrinks: readonly Allowance[]
}

interface Want {
  readonly realm: RealmId
  readonly bytes: number
}

const none: BudgetChanges = { grants: [], shrinks: [] }

/**
 * Shares a node's object memory among its realms. Each has an allowance, and all allowances together never exceed the
 * budget; a realm that needs more asks, and takes from what is free or from those above their fair share.
 */
export class MemoryBudget {
  readonly total: number
  readonly #allowances = new Map<RealmId, number>()
  readonly #shrinking = new Set<RealmId>()
  #wants: Want[] = []

  constructor(total: number) {
    this.total = total
  }

  get free(): number {
    let sum = 0
    for (const bytes of this.#allowances.values()) sum += bytes
    return this.total - sum
  }

  allowanceOf(realm: RealmId): number {
    return this.#allowances.get(realm) ?? 0
  }

  /** A realm starts with a small share, so that its first objects need not wait. */
  join(realm: RealmId): number {
    const bytes = Math.max(0, Math.min(Math.floor(this.total / 32), this.free))
    this.#allowances.set(realm, bytes)
    return bytes
  }

  /** A realm needs `bytes` more than it may have. */
  request(realm: RealmId, bytes: number): BudgetChanges {
    if (!this.#allowances.has(realm)) return none
    const chunk = Math.max(bytes, Math.floor(this.total / 16))
    const { free } = this
    // One that shrinks now would take back what it is granted with its answer.
    if (free >= bytes && !this.#shrinking.has(realm)) {
      this.#allowances.set(realm, this.allowanceOf(realm) + Math.min(free, chunk))
      return { grants: [{ realm, bytes: this.allowanceOf(realm) }], shrinks: [] }
    }
    if (!this.#wants.some((want) => want.realm === realm)) this.#wants.push({ realm, bytes })
    const shrinks = this.#shrinkForWants()
    // When nothing will come from others, what is free must do.
    return { grants: this.#shrinking.size === 0 ? this.#serve() : [], shrinks }
  }

  /** A realm has got by with less: `bytes` is its allowance from now on. */
  returned(realm: RealmId, bytes: number): BudgetChanges {
    if (!this.#allowances.has(realm)) return none
    this.#shrinking.delete(realm)
    this.#allowances.set(realm, Math.min(bytes, this.allowanceOf(realm)))
    return this.#next()
  }

  /** A realm has ended. */
  leave(realm: RealmId): BudgetChanges {
    this.#allowances.delete(realm)
    this.#shrinking.delete(realm)
    this.#wants = this.#wants.filter((want) => want.realm !== realm)
    return this.#next()
  }

  // Who is still waiting then waits for others to shrink.
  #next(): BudgetChanges {
    const grants = this.#serve()
    return { grants, shrinks: this.#shrinkForWants() }
  }

  #shrinkForWants(): Allowance[] {
    for (const { realm, bytes } of this.#wants) {
      const shrinks = this.#shrink(realm, bytes - this.free)
      if (shrinks.length > 0) return shrinks
    }
    return []
  }

  // Those above their fair share give up what they have above it, the richest first, until it is enough.
  #shrink(asker: RealmId, missing: number): Allowance[] {
    const fair = Math.floor(this.total / Math.max(1, this.#allowances.size))
    const rich = [...this.#allowances]
      .filter(([realm, bytes]) => realm !== asker && bytes > fair && !this.#shrinking.has(realm))
      .sort(([, a], [, b]) => b - a)
    const shrinks: Allowance[] = []
    for (const [realm, bytes] of rich) {
      if (missing <= 0) break
      const target = Math.max(fair, bytes - missing)
      missing -= bytes - target
      this.#shrinking.add(realm)
      shrinks.push({ realm, bytes: target })
    }
    return shrinks
  }

  #serve(): Allowance[] {
    const grants: Allowance[] = []
    const left: Want[] = []
    for (const want of this.#wants) {
      const bytes = Math.min(want.bytes, this.free)
      if (bytes <= 0 || this.#shrinking.has(want.realm)) left.push(want)
      else {
        this.#allowances.set(want.realm, this.allowanceOf(want.realm) + bytes)
        grants.push({ realm: want.realm, bytes: this.allowanceOf(want.realm) })
      }
    }
    this.#wants = left
    return grants
  }
}

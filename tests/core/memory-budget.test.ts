import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BudgetChanges, MemoryBudget } from '../../src/core/memory-budget.ts'

type Notice = { readonly what: 'granted' | 'limited'; readonly bytes: number }
type Answer = { readonly what: 'wanted' | 'returned'; readonly bytes: number }

/** A node's realms as the budget sees them: what they are told and what they answer is under way for a while. */
class Node {
  readonly total = 3200
  readonly budget = new MemoryBudget(this.total)
  /** What each realm believes that it may keep. */
  readonly believed = new Map<string, number>()
  readonly asking = new Set<string>()
  readonly toRealm = new Map<string, Notice[]>()
  readonly fromRealm = new Map<string, Answer[]>()
  #number = 0

  join(): void {
    const realm = `r${this.#number++}`
    this.believed.set(realm, this.budget.join(realm))
    this.toRealm.set(realm, [])
    this.fromRealm.set(realm, [])
  }

  leave(realm: string): void {
    for (const map of [this.believed, this.toRealm, this.fromRealm]) map.delete(realm)
    this.asking.delete(realm)
    this.#tell(this.budget.leave(realm))
  }

  ask(realm: string, bytes: number): void {
    // A realm asks for one thing at a time.
    if (this.asking.has(realm)) return
    this.asking.add(realm)
    this.fromRealm.get(realm)!.push({ what: 'wanted', bytes })
  }

  /** The budget reads what a realm has said. */
  hear(realm: string): void {
    const answer = this.fromRealm.get(realm)?.shift()
    if (answer === undefined) return
    const { what, bytes } = answer
    this.#tell(what === 'wanted' ? this.budget.request(realm, bytes) : this.budget.returned(realm, bytes))
  }

  /** A realm reads what it was told. `needs`: what it cannot do without. */
  read(realm: string, needs: number): void {
    const notice = this.toRealm.get(realm)?.shift()
    if (notice === undefined) return
    const before = this.believed.get(realm)!
    if (notice.what === 'granted') this.believed.set(realm, notice.bytes)
    else {
      const left = Math.max(notice.bytes, Math.min(needs, before))
      this.believed.set(realm, left)
      this.fromRealm.get(realm)!.push({ what: 'returned', bytes: left })
    }
    this.asking.delete(realm)
  }

  /** All that is under way arrives. */
  settle(): void {
    for (let round = 0; round < 1000; round++) {
      const isBusy = [...this.toRealm.values(), ...this.fromRealm.values()].some((queue) => queue.length > 0)
      if (!isBusy) return
      for (const realm of [...this.believed.keys()]) {
        this.read(realm, 0)
        this.hear(realm)
      }
    }
    throw new Error('realms and budget never come to rest')
  }

  #tell({ grants, shrinks }: BudgetChanges): void {
    for (const { realm, bytes } of grants) this.toRealm.get(realm)?.push({ what: 'granted', bytes })
    for (const { realm, bytes } of shrinks) this.toRealm.get(realm)?.push({ what: 'limited', bytes })
    this.check()
  }

  check(): void {
    expect(this.budget.free).toBeGreaterThanOrEqual(0)
    let sum = 0
    for (const bytes of this.believed.values()) sum += bytes
    expect(sum, 'what all realms together believe that they may keep').toBeLessThanOrEqual(this.total)
  }
}

const step = fc.record({
  what: fc.constantFrom('join', 'leave', 'ask', 'ask', 'ask', 'hear', 'hear', 'hear', 'read', 'read', 'read'),
  realm: fc.nat({ max: 7 }),
  bytes: fc.nat({ max: 2500 }),
} as const)

test('allowances never exceed the budget, whoever asks, shrinks or ends in whatever order', () => {
  const property = fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
    const node = new Node()
    for (let i = 0; i < 3; i++) node.join()
    for (const { what, realm: index, bytes } of steps) {
      const realms = [...node.believed.keys()]
      const realm = realms[index % realms.length]
      if (what === 'join') {
        if (realms.length < 8) node.join()
      } else if (realm !== undefined) {
        if (what === 'leave') node.leave(realm)
        else if (what === 'ask') node.ask(realm, bytes + 1)
        else if (what === 'hear') node.hear(realm)
        else node.read(realm, bytes)
      }
      node.check()
    }
    node.settle()
    // At rest both sides agree, and nobody below the fair share is still waiting.
    const fair = Math.floor(node.total / Math.max(1, node.believed.size))
    for (const [realm, bytes] of node.believed) {
      expect(node.budget.allowanceOf(realm), realm).toBe(bytes)
      if (node.asking.has(realm)) expect(bytes, `${realm} waits`).toBeGreaterThanOrEqual(fair)
    }
    for (const realm of [...node.believed.keys()]) node.leave(realm)
    expect(node.budget.free).toBe(node.total)
  })
  fc.assert(property, { numRuns: 1000, interruptAfterTimeLimit: 15_000 })
}, 30_000)

describe('a request', () => {
  test('is granted at once from what is free, with some to spare', () => {
    const budget = new MemoryBudget(3200)
    expect(budget.join('a')).toBe(100)
    expect(budget.request('a', 10)).toEqual({ grants: [{ realm: 'a', bytes: 300 }], shrinks: [] })
    expect(budget.request('a', 2900)).toEqual({ grants: [{ realm: 'a', bytes: 3200 }], shrinks: [] })
    expect(budget.free).toBe(0)
    expect(budget.join('b')).toBe(0)
  })

  test('takes from those above their fair share, the richest first, and waits for them', () => {
    const budget = new MemoryBudget(300)
    for (const realm of ['a', 'b', 'c']) budget.join(realm)
    budget.request('a', 150)
    budget.request('b', budget.free)
    expect(budget.request('c', 50).shrinks).toMatchObject([{ realm: 'a' }])
    const left = budget.returned('a', 110)
    expect(left.grants.map(({ realm }) => realm)).toEqual(['c'])
    expect(budget.free).toBe(0)
  })

  test('of a second realm is served too, though the first had asked the only rich one to shrink', () => {
    const budget = new MemoryBudget(900)
    for (const realm of ['a', 'b', 'c']) budget.join(realm)
    budget.request('a', budget.free)
    expect(budget.request('b', 100).shrinks).toMatchObject([{ realm: 'a' }])
    expect(budget.request('c', 100).shrinks).toEqual([])
    const first = budget.returned('a', budget.allowanceOf('a') - 100)
    expect(first.grants).toMatchObject([{ realm: 'b' }])
    expect(first.shrinks).toMatchObject([{ realm: 'a' }])
    expect(budget.returned('a', budget.allowanceOf('a') - 100).grants).toMatchObject([{ realm: 'c' }])
  })

  test('of a realm that is shrinking waits for its answer', () => {
    const budget = new MemoryBudget(900)
    for (const realm of ['a', 'b', 'c']) budget.join(realm)
    budget.request('a', budget.free)
    budget.request('b', 100)
    budget.leave('c')
    expect(budget.request('a', 10).grants).toEqual([])
    const { grants } = budget.returned('a', 500)
    expect(grants).toEqual([{ realm: 'a', bytes: 510 }])
  })

  test('of a realm that has ended is nothing', () => {
    const budget = new MemoryBudget(900)
    budget.join('a')
    budget.leave('a')
    expect(budget.request('a', 10)).toEqual({ grants: [], shrinks: [] })
    expect(budget.returned('a', 10)).toEqual({ grants: [], shrinks: [] })
    expect(budget.free).toBe(900)
  })
})

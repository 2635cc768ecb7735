import type { NodeId, RealmId } from '../protocol/ids.ts'

/** Numbers from `first` to `last`, both in it. */
interface Span {
  first: number
  last: number
}

/** Workers of one node with neighbouring numbers. */
export interface RealmSpan {
  readonly nodeId: NodeId
  readonly first: number
  readonly last: number
}

/**
 * A set of realms that only grows, such as all that have ended. Workers of a node are numbered and their numbers are
 * never used again, so it takes room for the gaps between them, not for every worker: about as much as there are
 * workers alive.
 */
export class RealmSet {
  readonly #workers = new Map<NodeId, Span[]>()
  readonly #others = new Set<RealmId>()

  add(realm: RealmId): void {
    const worker = numbered(realm)
    if (worker === undefined) {
      this.#others.add(realm)
      return
    }
    let spans = this.#workers.get(worker.nodeId)
    if (spans === undefined) this.#workers.set(worker.nodeId, (spans = []))
    insert(spans, worker.number)
  }

  has(realm: RealmId): boolean {
    const worker = numbered(realm)
    if (worker === undefined) return this.#others.has(realm)
    const spans = this.#workers.get(worker.nodeId)
    const span = spans?.[indexBefore(spans, worker.number)]
    return span !== undefined && worker.number <= span.last
  }

  /** Its workers, to be told to a realm that was not there when they were added. */
  get spans(): RealmSpan[] {
    return [...this.#workers].flatMap(([nodeId, spans]) => spans.map(({ first, last }) => ({ nodeId, first, last })))
  }

  /** Its realms that are no workers. */
  get others(): RealmId[] {
    return [...this.#others]
  }

  /** A set of these: `spans` and `others` of another set. */
  static of(spans: readonly RealmSpan[], others: readonly RealmId[] = []): RealmSet {
    const set = new RealmSet()
    for (const realm of others) set.#others.add(realm)
    for (const { nodeId, first, last } of spans) {
      const known = set.#workers.get(nodeId)
      if (known === undefined) set.#workers.set(nodeId, [{ first, last }])
      else known.push({ first, last })
    }
    return set
  }

  /** How much it has to remember, whatever the number of its realms. */
  get spanCount(): number {
    let count = this.#others.size
    for (const spans of this.#workers.values()) count += spans.length
    return count
  }
}

function numbered(realm: RealmId): { nodeId: NodeId; number: number } | undefined {
  const at = realm.lastIndexOf('.w')
  const digits = realm.slice(at + 2)
  // As it is written by whoever counts: no two texts may stand for one number.
  if (at < 0 || !/^(0|[1-9]\d{0,14})$/.test(digits)) return undefined
  return { nodeId: realm.slice(0, at), number: Number(digits) }
}

// The last span that starts at the number or before it; -1: none does.
function indexBefore(spans: readonly Span[], number: number): number {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (spans[middle]!.first <= number) low = middle + 1
    else high = middle
  }
  return low - 1
}

function insert(spans: Span[], number: number): void {
  const at = indexBefore(spans, number)
  const before = spans[at]
  const after = spans[at + 1]
  if (before !== undefined && number <= before.last) return
  const joinsBefore = before?.last === number - 1
  const joinsAfter = after?.first === number + 1
  if (joinsBefore && joinsAfter) {
    before.last = after.last
    spans.splice(at + 1, 1)
  } else if (joinsBefore) before.last = number
  else if (joinsAfter) after.first = number
  else spans.splice(at + 1, 0, { first: number, last: number })
}

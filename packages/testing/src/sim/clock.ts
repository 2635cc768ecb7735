interface Alarm {
  readonly atMs: number
  readonly seq: number
  readonly act: () => void
}

/** Virtual time: what is due first happens first, and nothing takes time but waiting. */
export class Clock {
  readonly #heap: Alarm[] = []
  #nowMs = 0
  #nextSeq = 0

  get nowMs(): number {
    return this.#nowMs
  }

  at(atMs: number, act: () => void): void {
    const alarm = { atMs: Math.max(atMs, this.#nowMs), seq: this.#nextSeq++, act }
    const heap = this.#heap
    let at = heap.push(alarm) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(alarm, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = alarm
  }

  after(ms: number, act: () => void): void {
    this.at(this.#nowMs + ms, act)
  }

  /** Lets everything happen up to a time. */
  runUntil(endMs: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= endMs; first = this.#heap[0]) {
      this.#removeFirst()
      this.#nowMs = first.atMs
      first.act()
    }
    this.#nowMs = Math.max(this.#nowMs, endMs)
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

function isBefore(a: Alarm, b: Alarm): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq)
}

/** Something that waits for resources. */
export interface Waiting {
  readonly key: string
}

/**
 * First come, first served, with back-fill: a later request may pass an earlier one, but never takes of a resource that
 * the earlier one is short of. So nothing starves, and nothing waits for what nobody ahead of it needs.
 */
export class RequestQueue<T extends Waiting> {
  readonly #waiting = new Map<string, T>()

  add(request: T): void {
    this.#waiting.set(request.key, request)
  }

  remove(key: string): boolean {
    return this.#waiting.delete(key)
  }

  get size(): number {
    return this.#waiting.size
  }

  values(): Iterable<T> {
    return this.#waiting.values()
  }

  /**
   * Offers the waiting requests in order. `uses` names the resources a request takes; `tryStart` starts it, or names
   * what it is short of.
   */
  offer(
    uses: (request: T) => readonly string[],
    tryStart: (request: T) => readonly string[] | undefined,
    shortFromStart: Iterable<string> = [],
  ): void {
    const short = new Set(shortFromStart)
    for (const [key, request] of this.#waiting) {
      if (short.size > 0 && uses(request).some((name) => short.has(name))) continue
      const lacking = tryStart(request)
      if (lacking === undefined) this.#waiting.delete(key)
      else for (const name of lacking) short.add(name)
    }
  }
}

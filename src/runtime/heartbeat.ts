import { Op } from '../protocol/messages.ts'
import type { Link } from './link.ts'

const ticksPerTimeout = 4

/**
 * Notices a worker that has ended where the platform does not tell: it is pinged, and lost when it says nothing at all
 * for `timeoutMs`. A worker that computes for longer than that without a pause counts as lost too.
 */
export class Heartbeat {
  readonly #links: () => Iterable<Link>
  readonly #onLost: (link: Link) => void
  readonly #seen = new Map<Link, { heard: number; silentTicks: number }>()
  readonly #timer: ReturnType<typeof setInterval>

  constructor(timeoutMs: number, links: () => Iterable<Link>, onLost: (link: Link) => void) {
    this.#links = links
    this.#onLost = onLost
    this.#timer = setInterval(() => this.#beat(), timeoutMs / ticksPerTimeout)
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #beat(): void {
    const alive = new Set(this.#links())
    for (const link of this.#seen.keys()) if (!alive.has(link)) this.#seen.delete(link)
    for (const link of alive) {
      const heard = link.connection.heardCount
      const seen = this.#seen.get(link)
      if (seen === undefined || seen.heard !== heard) this.#seen.set(link, { heard, silentTicks: 0 })
      else if (++seen.silentTicks >= ticksPerTimeout) this.#onLost(link)
      link.connection.send(Op.ping)
    }
  }
}

import type { Policy } from './policies.ts'

const directions: Readonly<Record<string, -1 | 1>> = { ArrowLeft: -1, ArrowRight: 1 }

/** A player's own hand: arrow keys or push buttons. Without either, pushes alternate, so that the net push is none. */
export class Hand {
  isActive = false
  #keys: (-1 | 1)[] = []
  #button: -1 | 0 | 1 = 0
  #last: 0 | 1 = 0

  constructor() {
    addEventListener('keydown', (event) => this.#onKeyDown(event))
    addEventListener('keyup', ({ key }) => {
      this.#keys = this.#keys.filter((held) => held !== directions[key])
    })
    addEventListener('blur', () => {
      this.#keys = []
    })
  }

  readonly policy: Policy = () => {
    const direction = this.#keys.at(-1) ?? this.#button
    this.#last = direction === 0 ? (this.#last === 0 ? 1 : 0) : direction > 0 ? 1 : 0
    return this.#last
  }

  hold(direction: -1 | 0 | 1): void {
    this.#button = direction
  }

  #onKeyDown(event: KeyboardEvent): void {
    const direction = directions[event.key]
    if (direction === undefined || !this.isActive) return
    // A focused list or field keeps its own arrow keys.
    if (event.target instanceof HTMLSelectElement || event.target instanceof HTMLInputElement) return
    event.preventDefault()
    if (!event.repeat) this.#keys.push(direction)
  }
}

import { el, prefersLessMotion } from '../site/dom.ts'
import { hueName } from '../site/theme.ts'

/** What a card's own buttons do. */
export interface ActorCardActions {
  readonly increment: () => void
  readonly kill: () => void
}

/** One actor on the page: its worker, value and number of calls, with a pulse at each answer. */
export class ActorCard {
  readonly element: HTMLElement
  readonly #value = el('span', { className: 'value' }, '0')
  readonly #place = el('span', { className: 'place' }, 'starting')
  readonly #count = el('span', { className: 'count' }, '0 calls')
  readonly #light = el('span', { className: 'light' })
  readonly #buttons: HTMLButtonElement[]
  #callCount = 0

  constructor(number: number, actions: ActorCardActions) {
    const name = `Counter #${number}`
    const add = el('button', { className: 'button small', type: 'button', onclick: actions.increment }, '+1')
    const end = el('button', { className: 'button small danger', type: 'button', onclick: actions.kill }, 'Kill')
    add.setAttribute('aria-label', `Increment ${name}`)
    end.setAttribute('aria-label', `Kill ${name}`)
    this.#buttons = [add, end]
    this.element = el(
      'article',
      { className: 'actor', style: `--hue: var(${hueName(number - 1)})`, dataset: { actor: String(number) } },
      el('header', {}, el('h3', {}, name), this.#light),
      this.#value,
      this.#place,
      this.#count,
      el('footer', {}, add, end),
    )
  }

  showPlace(workerId: string): void {
    this.#place.textContent = `worker ${workerId}`
    this.#place.title = `worker ${workerId}`
  }

  showAnswer(value: number): void {
    this.#callCount += 1
    this.#value.textContent = String(value)
    this.#count.textContent = `${this.#callCount} ${this.#callCount === 1 ? 'call' : 'calls'}`
    this.#pulse()
  }

  showDead(): void {
    this.element.classList.add('dead')
    this.#place.textContent = 'dead'
    for (const button of this.#buttons) button.disabled = true
  }

  #pulse(): void {
    if (prefersLessMotion()) return
    // At high rates one pulse is cut short by the next rather than piled on it.
    for (const running of this.#light.getAnimations()) running.cancel()
    this.#light.animate(
      [
        { boxShadow: '0 0 0 0 var(--hue)', transform: 'scale(1.5)' },
        { boxShadow: '0 0 0 10px transparent', transform: 'scale(1)' },
      ],
      { duration: 450, easing: 'ease-out' },
    )
  }
}

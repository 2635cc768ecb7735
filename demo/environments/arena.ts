import { el } from '../site/dom.ts'
import { hueName } from '../site/theme.ts'
import { ArenaCanvas } from './arena-canvas.ts'
import type { Player } from './player.ts'

/** How an environment can be played. */
export type PolicyName = 'balance' | 'clumsy' | 'random' | 'keyboard'

const policyLabels: Record<PolicyName, string> = {
  balance: 'Balance',
  clumsy: 'Clumsy',
  random: 'Random',
  keyboard: 'Arrow keys',
}

/** What a reader does in an arena. */
export interface ArenaActions {
  readonly choose: (policy: PolicyName) => void
  /** −1 or 1 while a push button is held, 0 after. */
  readonly push: (direction: -1 | 0 | 1) => void
}

/** One environment on the page: its canvas, its worker, the choice of policy and the score. */
export class Arena {
  readonly element: HTMLElement
  readonly #select = el('select')
  readonly #place = el('span', { className: 'place' }, 'starting')
  readonly #score = el('span')
  readonly #canvas: ArenaCanvas

  constructor(index: number, actions: ArenaActions) {
    const name = `CartPole #${index + 1}`
    const hue = hueName(index)
    const canvas = el('canvas', { tabIndex: 0 })
    canvas.setAttribute('role', 'img')
    canvas.setAttribute('aria-label', `${name}, a cart that balances a pole`)
    for (const [value, label] of Object.entries(policyLabels)) this.#select.append(el('option', { value }, label))
    this.#select.setAttribute('aria-label', `Policy of ${name}`)
    this.#select.onchange = () => actions.choose(this.#select.value as PolicyName)
    this.element = el(
      'article',
      { className: 'arena', style: `--hue: var(${hue})` },
      el('header', {}, el('span', { className: 'dot' }), el('h2', {}, name), this.#select),
      canvas,
      el('footer', {}, this.#score, this.#place, pushButtons(actions.push)),
    )
    this.#canvas = new ArenaCanvas(canvas, hue)
  }

  showPolicy(policy: PolicyName): void {
    this.#select.value = policy
    this.element.classList.toggle('mine', policy === 'keyboard')
  }

  showPlace(workerId: string): void {
    // The node is the same for all of a page's workers.
    this.#place.textContent = `worker ${workerId.split('.').at(-1)}`
    this.#place.title = workerId
  }

  draw(player: Player, nowMs: number): void {
    const { x, angle } = player.pose(nowMs)
    this.#canvas.draw(x, angle, player.hasFallen)
    const best = player.bestReward > 0 ? `  ·  best ${player.bestReward}` : ''
    const score = `episode ${player.episodeCount + 1}  ·  reward ${player.reward}${best}`
    if (this.#score.textContent !== score) this.#score.textContent = score
  }

  /** Moves the keyboard's focus here: arrow keys on a focused list would change the list. */
  focus(): void {
    this.#canvas.element.focus({ preventScroll: true })
    this.element.scrollIntoView({ block: 'nearest' })
  }
}

function pushButtons(push: ArenaActions['push']): HTMLElement {
  const buttons = ([-1, 1] as const).map((direction) => {
    const button = el('button', { className: 'button small', type: 'button' }, direction < 0 ? '←' : '→')
    button.setAttribute('aria-label', direction < 0 ? 'Push left' : 'Push right')
    button.onpointerdown = () => push(direction)
    button.onpointerup = button.onpointerleave = button.onpointercancel = () => push(0)
    return button
  })
  return el('span', { className: 'push' }, ...buttons)
}

import { seededRandom } from '../site/random.ts'

/** Cart position (m) and speed, pole angle (rad, 0 is upright) and speed. */
export type CartPoleState = readonly [x: number, xSpeed: number, angle: number, angleSpeed: number]

/** The constants of Gymnasium's CartPole-v1. */
export const cartPole = {
  gravity: 9.8,
  cartMass: 1,
  poleMass: 0.1,
  halfPoleLength: 0.5,
  force: 10,
  /** Seconds between two steps. */
  tau: 0.02,
  xLimit: 2.4,
  angleLimit: (12 * 2 * Math.PI) / 360,
  maxSteps: 500,
} as const

/** The next state after pushing the cart left (0) or right (1) for one step, by Euler's method. */
export function pushCart([x, xSpeed, angle, angleSpeed]: CartPoleState, action: 0 | 1): CartPoleState {
  const { gravity, cartMass, poleMass, halfPoleLength, force, tau } = cartPole
  const totalMass = cartMass + poleMass
  const poleMoment = poleMass * halfPoleLength
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  const push = ((action === 1 ? force : -force) + poleMoment * angleSpeed ** 2 * sin) / totalMass
  const angleAcceleration =
    (gravity * sin - cos * push) / (halfPoleLength * (4 / 3 - (poleMass * cos ** 2) / totalMass))
  const acceleration = push - (poleMoment * angleAcceleration * cos) / totalMass
  return [x + tau * xSpeed, xSpeed + tau * acceleration, angle + tau * angleSpeed, angleSpeed + tau * angleAcceleration]
}

/** True once the cart has left the track or the pole leans too far. */
export function hasFallen([x, , angle]: CartPoleState): boolean {
  return Math.abs(x) > cartPole.xLimit || Math.abs(angle) > cartPole.angleLimit
}

/** CartPole-v1 as an environment: episodes that start near upright and end by a fall or after 500 steps. */
export class CartPole {
  readonly actionCount = 2
  #random: () => number
  #state: CartPoleState | undefined
  #steps = 0
  #isTerminated = false

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  reset(seed?: number): CartPoleState {
    if (seed !== undefined) this.#random = seededRandom(seed)
    const near = () => -0.05 + 0.1 * this.#random()
    this.#state = [near(), near(), near(), near()]
    this.#steps = 0
    this.#isTerminated = false
    return this.#state
  }

  step(action: number) {
    if (this.#state === undefined) throw new Error('CartPole-v1 has not been reset: call reset() before step().')
    if (action !== 0 && action !== 1) throw new RangeError(`CartPole-v1 has the actions 0 and 1, not ${action}.`)
    this.#state = pushCart(this.#state, action)
    this.#steps += 1
    const wasTerminated = this.#isTerminated
    this.#isTerminated ||= hasFallen(this.#state)
    return {
      observation: this.#state,
      // The step that falls still counts; steps after it are worth nothing until the next reset.
      reward: wasTerminated ? 0 : 1,
      terminated: this.#isTerminated,
      truncated: this.#steps >= cartPole.maxSteps,
    }
  }
}

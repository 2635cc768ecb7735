import { actor } from 'troupe'
import { type Whereabouts, whereabouts } from '../site/where.ts'
import { CartPole } from './cartpole.ts'

/** What `step` returns: Gymnasium's five values. */
export interface StepResult {
  readonly observation: readonly number[]
  readonly reward: number
  /** The episode has ended by the environment's own rules (the pole fell). */
  readonly terminated: boolean
  /** The episode has been cut off by the step limit. */
  readonly truncated: boolean
  readonly info: Readonly<Record<string, unknown>>
}

const environments = {
  'CartPole-v1': (seed: number) => new CartPole(seed),
} as const

/** A Gymnasium-style environment that lives in a worker of its own. */
export const GymEnvironment = actor(
  class GymEnvironment {
    readonly #environment: CartPole

    /** `seed` fixes the starts of all episodes; without one they are random. */
    constructor(name = 'CartPole-v1', seed = Math.floor(Math.random() * 2 ** 32)) {
      if (!Object.hasOwn(environments, name)) {
        const known = Object.keys(environments).join(', ')
        throw new RangeError(`There is no environment '${name}'. There are: ${known}.`)
      }
      this.#environment = environments[name as keyof typeof environments](seed)
    }

    /** Starts a new episode; a seed restarts the generator of starts too. */
    reset(seed?: number): [observation: readonly number[], info: Readonly<Record<string, unknown>>] {
      return [this.#environment.reset(seed), {}]
    }

    /** Plays one step. Throws before the first `reset` and for an action that the environment lacks. */
    step(action: number): StepResult {
      return { ...this.#environment.step(action), info: {} }
    }

    where(): Whereabouts {
      return whereabouts()
    }
  },
  import.meta,
)

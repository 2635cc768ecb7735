import { cartPole } from './cartpole.ts'
import { GymEnvironment } from './environments.actor.ts'
import type { Pace } from './pace.ts'
import type { Policy } from './policies.ts'

const stepMs = cartPole.tau * 1000
/** How long a fallen pole stays in sight, in real time. */
const fallenMs = 450

/** What happens in a player's episodes. */
export interface PlayerEvents {
  readonly onStep: () => void
  readonly onEpisode: (reward: number) => void
}

/** Plays episodes in one environment actor, one call a step, and keeps the last two states for drawing. */
export class Player {
  readonly environment: ReturnType<typeof GymEnvironment.remote>
  policy: Policy
  reward = 0
  episodeCount = 0
  bestReward = 0
  hasFallen = false
  readonly #pace: Pace
  readonly #events: PlayerEvents
  #previous: readonly number[] = [0, 0, 0, 0]
  #current: readonly number[] = [0, 0, 0, 0]
  #currentAtMs = 0

  constructor(policy: Policy, seed: number, pace: Pace, events: PlayerEvents) {
    this.environment = GymEnvironment.remote('CartPole-v1', seed)
    this.policy = policy
    this.#pace = pace
    this.#events = events
  }

  /** Plays until a call fails, which it does when the actor ends. */
  async play(): Promise<never> {
    for (;;) {
      await this.#playEpisode()
      this.episodeCount += 1
      this.bestReward = Math.max(this.bestReward, this.reward)
      this.#events.onEpisode(this.reward)
      if (Number.isFinite(this.#pace.speed)) await new Promise((resolve) => setTimeout(resolve, fallenMs))
    }
  }

  /** Where the cart and the pole are now, between the last two steps. */
  pose(nowMs: number): { x: number; angle: number } {
    const share = Math.min(1, ((nowMs - this.#currentAtMs) * this.#pace.speed) / stepMs)
    const between = (index: number) => {
      const from = this.#previous[index] ?? 0
      return from + ((this.#current[index] ?? 0) - from) * (Number.isNaN(share) ? 1 : share)
    }
    return { x: between(0), angle: between(2) }
  }

  async #playEpisode(): Promise<void> {
    const [start] = await this.environment.reset()
    this.#previous = this.#current = start
    this.reward = 0
    this.hasFallen = false
    let dueMs = performance.now()
    for (;;) {
      dueMs = await this.#pace.next(dueMs, stepMs)
      const { observation, reward, terminated, truncated } = await this.environment.step(this.policy(this.#current))
      this.#previous = this.#current
      this.#current = observation
      this.#currentAtMs = performance.now()
      this.reward += reward
      this.#events.onStep()
      this.hasFallen = terminated
      if (terminated || truncated) return
    }
  }
}

import { type HandleOf, kill } from 'troupe'
import type { Dataset } from './dataset.ts'
import { type BackendReport, NeuralNetOnGPU } from './mnist.actor.ts'
import type { TrainingOptions } from './options.ts'

const STEPS_A_CALL = 5
// Measuring 2 000 digits costs as much as some steps, on a slow backend as much as many.
const ACCURACY_EVERY = 10
const ACCURACY_EVERY_SLOW = 50
const SLOW_MS = 150

/** What a trainer tells as it goes. */
export interface TrainerEvents {
  /** The losses of the steps that end at `step`. */
  onLosses(step: number, losses: readonly number[]): void
  onAccuracy(step: number, accuracy: number): void
}

/** One network in its actor, trained in small calls so that the page hears of it and can stop it. */
export class Trainer {
  readonly net: HandleOf<typeof NeuralNetOnGPU>
  readonly #events: TrainerEvents
  #step = 0
  #nextAccuracy = ACCURACY_EVERY
  #isStopping = false

  constructor(data: Dataset, options: TrainingOptions, events: TrainerEvents) {
    this.net = NeuralNetOnGPU.remote(data, options)
    this.#events = events
  }

  get step(): number {
    return this.#step
  }

  /** Resolves when the actor runs, to the backend and the worker it has. */
  async whereabouts(): Promise<{ backend: BackendReport; worker: string }> {
    const [backend, place] = await Promise.all([this.net.backend(), this.net.where()])
    return { backend, worker: place.workerId }
  }

  /** Trains `steps` more steps, or until `stop`; resolves to whether all were done. */
  async train(steps: number): Promise<boolean> {
    const end = this.#step + steps
    this.#isStopping = false
    while (this.#step < end && !this.#isStopping) {
      const losses = await this.net.train(Math.min(STEPS_A_CALL, end - this.#step))
      this.#step += losses.length
      this.#events.onLosses(this.#step, losses)
      if (this.#step >= this.#nextAccuracy || this.#step === end) await this.#measure()
      await nextFrame()
    }
    return this.#step === end
  }

  /** Ends the training after the call that is running. */
  stop(): void {
    this.#isStopping = true
  }

  /** Ends the actor and frees its worker and its GPU. */
  end(): void {
    this.#isStopping = true
    kill(this.net)
  }

  async #measure(): Promise<void> {
    const startedAt = performance.now()
    this.#events.onAccuracy(this.#step, await this.net.getAccuracy())
    const isSlow = performance.now() - startedAt > SLOW_MS
    this.#nextAccuracy = this.#step + (isSlow ? ACCURACY_EVERY_SLOW : ACCURACY_EVERY)
  }
}

/** Leaves the machine to the page until its next frame; a hidden page has none, and need not wait. */
function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => resolve())
    setTimeout(resolve, 50)
  })
}

import { type LiveChart, liveChart } from '../site/chart.ts'
import { byId } from '../site/dom.ts'
import { show } from './view.ts'

const FIRST_PAUSE_MS = 350
// Drawing takes longer than a frame on slow machines. A pause this many times as long keeps such frames rare.
const PAUSE_PER_FRAME = 20
// What the page proposes to train; the plots have room for it before there is anything to see.
const FIRST_STEPS = 100

/** The figures and plots of a training, drawn a few times a second however fast it goes; less often on slow machines. */
export class ResultsView {
  readonly #losses: LiveChart
  readonly #accuracies: LiveChart
  #newLosses: [step: number, loss: number][] = []
  #newAccuracies: [step: number, accuracy: number][] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #pauseMs = FIRST_PAUSE_MS

  constructor() {
    this.#losses = liveChart(byId('loss-plot'), {
      title: 'Loss (cross-entropy)',
      xLabel: 'training step',
      yLabel: 'loss',
      series: [{ label: 'of each batch', color: '--c2' }],
      xAtLeast: FIRST_STEPS,
    })
    this.#accuracies = liveChart(byId('accuracy-plot'), {
      title: 'Accuracy on unseen digits',
      xLabel: 'training step',
      yLabel: '% read right',
      series: [{ label: 'of 2 000 digits', color: '--c1' }],
      xAtLeast: FIRST_STEPS,
      yRange: [0, 100],
    })
    this.clear()
  }

  /** Takes the losses of the steps that end at `step`. */
  addLosses(step: number, losses: readonly number[]): void {
    losses.forEach((loss, i) => {
      this.#newLosses.push([step - losses.length + i + 1, loss])
    })
    this.#drawSoon()
  }

  addAccuracy(step: number, accuracy: number): void {
    this.#newAccuracies.push([step, accuracy])
    this.#drawSoon()
  }

  /** Shows at once all that was added. */
  draw(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const lastLoss = this.#newLosses.at(-1)
    if (lastLoss !== undefined) {
      show('step', String(lastLoss[0]), lastLoss[0])
      show('loss', lastLoss[1].toFixed(4), lastLoss[1])
    }
    const lastAccuracy = this.#newAccuracies.at(-1)
    if (lastAccuracy !== undefined) show('accuracy', `${(lastAccuracy[1] * 100).toFixed(1)} %`, lastAccuracy[1])
    for (const [step, loss] of this.#newLosses.splice(0)) this.#losses.push(step, [loss])
    for (const [step, accuracy] of this.#newAccuracies.splice(0)) this.#accuracies.push(step, [accuracy * 100])
  }

  /** Forgets everything: an untrained network is next. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#newLosses = []
    this.#newAccuracies = []
    this.#losses.clear()
    this.#accuracies.clear()
    show('step', '0', 0)
    for (const id of ['loss', 'accuracy']) show(id, '–', '')
  }

  #drawSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.draw()
      void this.#adaptPause()
    }, this.#pauseMs)
  }

  async #adaptPause(): Promise<void> {
    const drawnAt = await nextFrame()
    this.#pauseMs = PAUSE_PER_FRAME * ((await nextFrame()) - drawnAt)
  }
}

function nextFrame(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(resolve))
}

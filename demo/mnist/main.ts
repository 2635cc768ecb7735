import type { BackendRequest } from '@troupe/tfjs'
import { init } from 'troupe'
import { byId } from '../site/dom.ts'
import { frameGaps } from '../site/frame-gaps.ts'
import { type Dataset, parseDataset } from './dataset.ts'
import { type DigitGrid, digitGrid } from './digit-grid.ts'
import { ResultsView } from './results-view.ts'
import { Trainer } from './trainer.ts'
import { show, showState } from './view.ts'
import { wasmFiles } from './wasm-files.ts'

const DIGITS_SHOWN = 28
const READ_DIGITS_EVERY_MS = 2000

const controls = byId('controls', HTMLFormElement)
const steps = byId('steps', HTMLInputElement)
const choice = byId('backend-choice', HTMLSelectElement)
const results = new ResultsView()
const gaps = frameGaps('idle')

let data: Dataset | undefined
let grid: DigitGrid
let trainer: Trainer | undefined
let digitsReadAt = 0

await guard(async () => {
  data = await loadDataset()
  grid = digitGrid(byId('digits'), data.test, DIGITS_SHOWN)
  // A browser cannot count its GPUs: one logical GPU, and the actor says honestly what it runs on.
  await init({ numGpus: 1 })
  await restart()
})

controls.addEventListener('submit', (event) => {
  event.preventDefault()
  void guard(train)
})
byId('stop').addEventListener('click', () => trainer?.stop())
byId('reset').addEventListener('click', () => void guard(restart))
choice.addEventListener('change', () => void guard(restart))
byId('shuffle').addEventListener('click', () => {
  grid.advance()
  show('score', 'not read yet')
  if (trainer !== undefined && trainer.step > 0) void guard(readDigits)
})
setInterval(showGaps, 1000)

/** Ends the network there is and starts an untrained one on the chosen backend. */
async function restart(): Promise<void> {
  // Without digits there is nothing to start anew but the page.
  if (data === undefined) return location.reload()
  showState('loading')
  trainer?.end()
  results.clear()
  grid.unmark()
  for (const id of ['backend', 'worker']) show(id, '–', '')
  show('score', 'not read yet')
  show('reason', 'Starting the actor …')
  const current = startTrainer(data)
  trainer = current
  const { backend, worker } = await current.whereabouts()
  if (trainer !== current) return
  show('backend', backend.name, backend.name)
  show('worker', worker, worker)
  byId('worker').title = worker
  show('reason', backend.reason)
  showState('ready')
}

function startTrainer(digits: Dataset): Trainer {
  const options = { backend: choice.value as BackendRequest, wasmPaths: wasmFiles() }
  const started = new Trainer(digits, options, {
    onLosses(step, losses) {
      if (trainer === started) results.addLosses(step, losses)
    },
    onAccuracy(step, accuracy) {
      if (trainer !== started) return
      results.addAccuracy(step, accuracy)
      if (performance.now() - digitsReadAt > READ_DIGITS_EVERY_MS) void guard(readDigits)
    },
  })
  return started
}

async function train(): Promise<void> {
  const current = trainer
  if (current === undefined || !controls.reportValidity()) return
  showState('training')
  gaps.watch('training')
  try {
    const isDone = await current.train(steps.valueAsNumber)
    if (trainer !== current) return
    results.draw()
    await readDigits()
    showState(isDone ? 'done' : 'ready')
  } finally {
    gaps.watch('idle')
  }
}

async function readDigits(): Promise<void> {
  digitsReadAt = performance.now()
  const current = trainer
  const { images } = grid
  const predictions = await current?.net.predict(images)
  // The reader may have turned to other digits, or to another network, meanwhile.
  if (predictions === undefined || trainer !== current || grid.images !== images) return
  const right = grid.mark(predictions)
  show('score', `${right} of ${DIGITS_SHOWN} read right`)
}

async function loadDataset(): Promise<Dataset> {
  const response = await fetch(new URL('../data/mnist.bin', document.baseURI))
  if (!response.ok) throw new Error(`The digits cannot be loaded (HTTP ${response.status}). Run node demo/data.mjs.`)
  return parseDataset(new Uint8Array(await response.arrayBuffer()))
}

function showGaps(): void {
  for (const name of ['training', 'idle']) {
    const gap = gaps.p95(name)
    if (gap !== undefined) show(`gap-${name}`, gap.toFixed(0), gap)
  }
}

/** Runs a step of the page and shows its error, if it fails for another reason than a reset meanwhile. */
async function guard(action: () => Promise<void>): Promise<void> {
  const before = trainer
  try {
    await action()
  } catch (error) {
    if (before !== undefined && trainer !== before) return
    const notice = byId('notice')
    notice.textContent = error instanceof Error ? error.message : String(error)
    notice.hidden = false
    showState('failed')
  }
}

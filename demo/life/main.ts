import { GpuDeviceLostError, init, kill, transfer } from 'troupe'
import { byId } from '../site/dom.ts'
import { onThemeChange, themeColor } from '../site/theme.ts'
import { Life, type LifeStats, type Screen } from './life.actor.ts'
import { openStage } from './stage.ts'
import type { Color, WorldColors, WorldSize } from './world.ts'

type World = ReturnType<typeof Life.remote>

const speed = byId('speed', HTMLSelectElement)
const sizes = byId('size', HTMLSelectElement)
const run = byId('run', HTMLButtonElement)
const blockedMs = 2000
/** `?screen=canvas` or `painted`: for those who want to see the other way. */
const screen = (new URLSearchParams(location.search).get('screen') ?? undefined) as Screen | undefined

let life: World | undefined
let size: WorldSize = sizeChosen()
let isRunning = false
let seed = 1
let before: (LifeStats & { atMs: number }) | undefined

await guard(async () => {
  // A browser cannot count its GPUs: one is offered, and the actor says honestly what it runs on.
  await init({ numGpus: 1 })
  await restart()
  for (const button of document.querySelectorAll<HTMLButtonElement>('main button')) button.disabled = false
  setInterval(() => void guard(showStats), 500)
})

run.onclick = () => setRunning(!isRunning)
byId('step').onclick = () => {
  setRunning(false)
  life?.step()
  life?.recolor(colors())
  void guard(showStats)
}
byId('scatter').onclick = () => change((world) => world.scatter(++seed))
byId('clear').onclick = () => change((world) => world.clear())
byId('gun').onclick = () =>
  change((world) => {
    world.clear()
    for (const share of [0.1, 0.4, 0.7])
      world.place('gun', Math.floor(size.width * share), Math.floor(size.height * share))
  })
byId('block').onclick = () => void guard(blockPage)
speed.onchange = () => isRunning && life?.run(Number(speed.value))
sizes.onchange = () => void guard(restart)
onThemeChange(() => life?.recolor(colors()))

function sizeChosen(): WorldSize {
  const [width = 512, height = 288] = sizes.value.split('x').map(Number)
  return { width, height }
}

/** Ends the world there is and begins another one on a new canvas: one that was handed over stays with its actor. */
async function restart(): Promise<void> {
  if (life !== undefined) kill(life)
  size = sizeChosen()
  life = Life.remote(size, screen)
  await present(life)
}

async function present(world: World): Promise<void> {
  const canvas = openStage(byId('stage'), size, {
    draw: (places) => change((each) => each.enliven(places)),
    toggle: () => setRunning(!isRunning),
  })
  before = undefined
  world.scatter(seed)
  await world.show(transfer(canvas, [canvas]), colors())
  const { name, reason } = await world.backend()
  byId('backend').textContent = name
  byId('backend').title = reason
  setRunning(!matchMedia('(prefers-reduced-motion: reduce)').matches)
}

function setRunning(on: boolean): void {
  isRunning = on
  run.textContent = on ? 'Pause' : 'Run'
  run.setAttribute('aria-pressed', String(on))
  if (on) life?.run(Number(speed.value))
  else void guard(async () => life?.pause())
}

/** Changes the cells, and has them drawn also while nothing runs. */
function change(act: (world: World) => unknown): void {
  if (life === undefined) return
  act(life)
  if (!isRunning) life.recolor(colors())
}

async function showStats(): Promise<void> {
  const world = life
  if (world === undefined) return
  const stats = await world.stats()
  if (world !== life) return
  // A lost GPU is no reason to stop: the actor has begun anew, without a canvas.
  if (!stats.isShown) return present(world)
  const atMs = performance.now()
  byId('generation').textContent = stats.generation.toLocaleString('en')
  byId('population').textContent = stats.population.toLocaleString('en')
  if (before !== undefined && stats.generation >= before.generation) {
    const seconds = (atMs - before.atMs) / 1000
    const cells = ((stats.generation - before.generation) * size.width * size.height) / seconds
    byId('rate').textContent = Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(cells)
    byId('frames').textContent = ((stats.frames - before.frames) / seconds).toFixed(0)
  }
  before = { ...stats, atMs }
}

/** Keeps the page busy and tells what the actor did meanwhile. */
async function blockPage(): Promise<void> {
  const world = life
  if (world === undefined) return
  setRunning(true)
  byId('blocked').textContent = 'The page is stuck …'
  // The text is to be seen first.
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
  const { frames } = await world.stats()
  const endMs = performance.now() + blockedMs
  while (performance.now() < endMs);
  const drawn = (await world.stats()).frames - frames
  byId('blocked').textContent = `While the page was stuck for 2 seconds, the actor drew ${drawn} frames.`
}

function colors(): WorldColors {
  return {
    paper: colorOf('--surface'),
    trail: colorOf('--line'),
    young: colorOf('--c1'),
    old: colorOf('--c3'),
  }
}

/** A colour of the theme; browsers give it as `rgb(…)`, or as `color(srgb …)` where it was mixed. */
function colorOf(name: string): Color {
  const text = themeColor(name)
  const [red = 0, green = 0, blue = 0] = (text.match(/[\d.]+/g) ?? []).map(Number)
  const full = text.startsWith('rgb') ? 255 : 1
  return [red / full, green / full, blue / full]
}

/** Runs a step of the page and shows its error, if the world is still there that it was about. */
async function guard(action: () => Promise<void>): Promise<void> {
  const world = life
  try {
    await action()
  } catch (error) {
    // What it was about is gone; or its GPU is, and the next look at it shows it anew.
    if ((world !== undefined && world !== life) || error instanceof GpuDeviceLostError) return
    const problem = byId('problem')
    problem.textContent = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    problem.hidden = false
  }
}

import { actor, getGpuAdapter, getGpuDevice } from 'troupe'
import { type Whereabouts, whereabouts } from '../site/where.ts'
import { CpuWorld } from './cpu-world.ts'
import { GpuWorld } from './gpu-world.ts'
import { type PatternName, placesOf, randomCells } from './rules.ts'
import type { World, WorldColors, WorldSize } from './world.ts'

/** What a world has done so far. */
export interface LifeStats {
  readonly generation: number
  readonly population: number
  /** Frames it has drawn. */
  readonly frames: number
  /** It has a canvas; one that was restarted has none. */
  readonly isShown: boolean
}

/** How a GPU shows the cells; straight to the canvas unless its adapter is a software one. */
export type Screen = 'canvas' | 'painted'

export interface LifeBackend {
  readonly name: string
  /** Why this one. */
  readonly reason: string
}

class GameOfLife {
  readonly #size: WorldSize
  readonly #world: World
  readonly #backend: LifeBackend
  #colors: WorldColors | undefined
  #generation = 0
  #frames = 0
  #generationsPerFrame = 1
  #isRunning = false
  #loop: Promise<void> | undefined

  constructor(size: WorldSize, world: World, reason: string) {
    this.#size = size
    this.#world = world
    this.#backend = { name: world.name, reason }
  }

  /** A world of this size, empty at first. */
  static async create(size: WorldSize, screen?: Screen): Promise<GameOfLife> {
    try {
      const { info } = await getGpuAdapter()
      const name = [info.vendor, info.architecture].filter(Boolean).join(' ') || 'a GPU'
      const isSoftware = info.isFallbackAdapter
      const isPainted = (screen ?? (isSoftware ? 'painted' : 'canvas')) === 'painted'
      const reason = isSoftware ? 'WebGPU by a software adapter: correct, and no faster than the CPU' : 'WebGPU'
      return new GameOfLife(size, new GpuWorld(await getGpuDevice(), { name, isPainted }, size), reason)
    } catch (error) {
      return new GameOfLife(size, new CpuWorld(size), `no GPU: ${(error as Error).message}`)
    }
  }

  /** About a quarter of the cells live; the same ones for the same seed. */
  scatter(seed: number): void {
    this.#world.write(randomCells(this.#size, seed))
    this.#generation = 0
  }

  clear(): void {
    this.#world.write(new Uint32Array(this.#size.width * this.#size.height))
    this.#generation = 0
  }

  place(pattern: PatternName, x: number, y: number): void {
    this.#world.enliven(placesOf(pattern, x, y, this.#size))
  }

  /** Lets cells live at these places, `y * width + x` each. */
  enliven(places: readonly number[]): void {
    this.#world.enliven(places.filter((place) => place >= 0 && place < this.#size.width * this.#size.height))
  }

  step(generations = 1): void {
    this.#world.step(generations)
    this.#generation += generations
  }

  /** Draws on this canvas from now on. */
  show(canvas: OffscreenCanvas, colors: WorldColors): void {
    this.#world.attach(canvas)
    this.#colors = colors
    this.#world.draw(colors)
  }

  /** Draws again, in these colours. */
  recolor(colors: WorldColors): void {
    if (this.#colors === undefined) return
    this.#colors = colors
    this.#world.draw(colors)
  }

  /** Goes on by itself, frame by frame, between the calls. */
  run(generationsPerFrame: number): void {
    this.#generationsPerFrame = generationsPerFrame
    if (this.#isRunning) return
    this.#isRunning = true
    this.#loop = this.#live()
    // A failure is told to whoever asks next; nobody may ask.
    this.#loop.catch(() => {})
  }

  async pause(): Promise<void> {
    this.#isRunning = false
    await this.#loop
  }

  async stats(): Promise<LifeStats> {
    if (!this.#isRunning) await this.#loop
    const population = await this.#world.population()
    return { generation: this.#generation, population, frames: this.#frames, isShown: this.#colors !== undefined }
  }

  /** All cells; see `rules.ts` for their values. */
  cells(): Promise<Uint32Array> {
    return this.#world.read()
  }

  backend(): LifeBackend {
    return this.#backend
  }

  where(): Whereabouts {
    return whereabouts()
  }

  async #live(): Promise<void> {
    try {
      while (this.#isRunning) {
        this.step(this.#generationsPerFrame)
        if (this.#colors !== undefined) this.#world.draw(this.#colors)
        this.#frames += 1
        // A GPU that is slower than the frames would otherwise be given more and more.
        await this.#world.settled()
        await nextFrame()
      }
    } finally {
      this.#isRunning = false
    }
  }
}

/** Conway's Game of Life in a worker of its own, on the GPU where there is one. It draws by itself, without the page. */
export const Life = actor(GameOfLife, import.meta, { create: GameOfLife.create, numGpus: 1, maxRestarts: 3 })

const nextFrame = (): Promise<unknown> =>
  new Promise((resolve) => {
    if (typeof requestAnimationFrame === 'function') requestAnimationFrame(resolve)
    else setTimeout(resolve, 16)
  })

import { Painting } from './painting.ts'
import { alive, stepCells } from './rules.ts'
import type { World, WorldColors, WorldSize } from './world.ts'

/** The same world in a plain loop, where there is no GPU. */
export class CpuWorld implements World {
  readonly name = 'CPU'
  readonly #size: WorldSize
  #cells: Uint32Array<ArrayBuffer>
  #spare: Uint32Array<ArrayBuffer>
  #painting: Painting | undefined

  constructor(size: WorldSize) {
    this.#size = size
    this.#cells = new Uint32Array(size.width * size.height)
    this.#spare = new Uint32Array(size.width * size.height)
  }

  write(cells: Uint32Array<ArrayBuffer>): void {
    this.#cells.set(cells)
  }

  async read(): Promise<Uint32Array<ArrayBuffer>> {
    return this.#cells.slice()
  }

  enliven(places: readonly number[]): void {
    for (const place of places) this.#cells[place] = alive
  }

  step(generations: number): void {
    for (let each = 0; each < generations; each++) {
      stepCells(this.#cells, this.#spare, this.#size)
      ;[this.#cells, this.#spare] = [this.#spare, this.#cells]
    }
  }

  async population(): Promise<number> {
    return this.#cells.reduce((sum, value) => (value >= alive ? sum + 1 : sum), 0)
  }

  attach(canvas: OffscreenCanvas): void {
    this.#painting = new Painting(canvas, this.#size)
  }

  draw(colors: WorldColors): void {
    this.#painting?.paint(this.#cells, colors)
  }

  async settled(): Promise<void> {}
}

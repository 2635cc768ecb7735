import { alive, freshTrail, oldest } from './rules.ts'
import type { Color, WorldColors, WorldSize } from './world.ts'

/** Draws cells on a canvas, a cell a pixel, without a GPU. */
export class Painting {
  readonly #context: OffscreenCanvasRenderingContext2D
  readonly #image: ImageData

  constructor(canvas: OffscreenCanvas, { width, height }: WorldSize) {
    canvas.width = width
    canvas.height = height
    const context = canvas.getContext('2d')
    if (context === null) throw new Error('This canvas has no 2D context: it was drawn on in another way.')
    this.#context = context
    this.#image = new ImageData(width, height)
  }

  paint(cells: Uint32Array, { paper, trail, young, old }: WorldColors): void {
    const palette = Uint32Array.from({ length: oldest + 1 }, (_, value) =>
      value >= alive ? mixed(young, old, (value - alive) / (oldest - alive)) : mixed(paper, trail, value / freshTrail),
    )
    const pixels = new Uint32Array(this.#image.data.buffer)
    for (let at = 0; at < pixels.length; at++) pixels[at] = palette[cells[at]!]!
    this.#context.putImageData(this.#image, 0, 0)
  }
}

/** A colour between two, as a pixel of ImageData. */
function mixed(from: Color, to: Color, share: number): number {
  const [red, green, blue] = from.map((part, at) => Math.round((part + (to[at]! - part) * share) * 255))
  return (255 << 24) | (blue! << 16) | (green! << 8) | red!
}

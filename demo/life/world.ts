/** Cells across and down; the edges meet. */
export interface WorldSize {
  readonly width: number
  readonly height: number
}

/** Red, green, blue, each from 0 to 1. */
export type Color = readonly [number, number, number]

/** What cells are drawn in. */
export interface WorldColors {
  readonly paper: Color
  /** Where a cell died a moment ago. */
  readonly trail: Color
  readonly young: Color
  readonly old: Color
}

/** A world of cells, wherever it is computed. `width * height` cells, row by row; see `rules.ts` for their values. */
export interface World {
  /** What computes it. */
  readonly name: string
  write(cells: Uint32Array<ArrayBuffer>): void
  read(): Promise<Uint32Array<ArrayBuffer>>
  /** Lets cells live at these places. */
  enliven(places: readonly number[]): void
  step(generations: number): void
  /** How many cells live. */
  population(): Promise<number>
  attach(canvas: OffscreenCanvas): void
  draw(colors: WorldColors): void
  /** Resolves when what was asked for is computed and drawn. */
  settled(): Promise<void>
}

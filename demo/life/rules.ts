import { seededRandom } from '../site/random.ts'
import type { WorldSize } from './world.ts'

/** From this value on a cell lives; what is above it is its age in generations. */
export const alive = 256
/** No cell grows older than this. */
export const oldest = 511
/** The trail of a cell that has just died; it fades from generation to generation, to 0. */
export const freshTrail = 255
export const fading = 5

/** The next value of a cell with so many living neighbours: Conway's rule, with ages and trails. */
export function nextOf(value: number, neighbours: number): number {
  const isAlive = value >= alive
  if (neighbours === 3 || (isAlive && neighbours === 2)) return isAlive ? Math.min(value + 1, oldest) : alive
  return isAlive ? freshTrail : Math.max(0, value - fading)
}

/** One generation in a plain loop: what every other way to compute it has to equal. */
export function stepCells(cells: Uint32Array, next: Uint32Array, { width, height }: WorldSize): void {
  for (let y = 0; y < height; y++) {
    const rows = [((y + height - 1) % height) * width, y * width, ((y + 1) % height) * width] as const
    for (let x = 0; x < width; x++) {
      const columns = [(x + width - 1) % width, x, (x + 1) % width]
      let neighbours = 0
      for (const row of rows) for (const column of columns) if (cells[row + column]! >= alive) neighbours++
      const value = cells[rows[1] + x]!
      next[rows[1] + x] = nextOf(value, neighbours - (value >= alive ? 1 : 0))
    }
  }
}

/** Cells of which about this share live, the same for the same seed. */
export function randomCells({ width, height }: WorldSize, seed: number, share = 0.22): Uint32Array<ArrayBuffer> {
  const random = seededRandom(seed)
  return Uint32Array.from({ length: width * height }, () => (random() < share ? alive : 0))
}

const patterns = {
  glider: ['.#.', '..#', '###'],
  gun: [
    '........................#...........',
    '......................#.#...........',
    '............##......##............##',
    '...........#...#....##............##',
    '##........#.....#...##..............',
    '##........#...#.##....#.#...........',
    '..........#.....#.......#...........',
    '...........#...#....................',
    '............##......................',
  ],
} as const
export type PatternName = keyof typeof patterns

/** The places of a pattern's cells, its top left corner at x, y. */
export function placesOf(name: PatternName, x: number, y: number, { width, height }: WorldSize): number[] {
  return patterns[name].flatMap((row, down) =>
    Array.from(row).flatMap((cell, right) =>
      cell === '#' ? [((y + down) % height) * width + ((x + right) % width)] : [],
    ),
  )
}

import { seededRandom } from '../site/random.ts'

/** One call of the spread: which counter, and by how much. */
export interface Increment {
  readonly counter: number
  readonly by: number
}

/** `calls` increments by 1 to 9, dealt to `actors` counters by a seeded generator. */
export function spreadIncrements(actors: number, calls: number, seed: number): Increment[] {
  const random = seededRandom(seed)
  return Array.from({ length: calls }, () => ({
    counter: Math.floor(random() * actors),
    by: 1 + Math.floor(random() * 9),
  }))
}

/** What each counter must hold after these increments, worked out without actors. */
export function expectedSums(actors: number, increments: readonly Increment[]): number[] {
  const sums = new Array<number>(actors).fill(0)
  for (const { counter, by } of increments) sums[counter] = (sums[counter] ?? 0) + by
  return sums
}

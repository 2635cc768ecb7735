import type { Incarnation } from '../protocol/ids.ts'

const workersPerTerm = 1_000_000_000
const livesPerTerm = 1_000_000

/**
 * The number of the first worker that a coordinator of this term starts. A coordinator that takes over does not know
 * what the last one did after its snapshot: it gives numbers that the other cannot have given.
 */
export function firstWorkerOf(term: number): number {
  return (term - 1) * workersPerTerm + 1
}

/** The next life of an actor; of no two terms the same, for the same reason. */
export function nextIncarnation(incarnation: Incarnation, term: number): Incarnation {
  return Math.max(incarnation + 1, (term - 1) * livesPerTerm)
}

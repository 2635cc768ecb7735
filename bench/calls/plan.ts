import type { Measured } from '../row.ts'
import type { BenchHost } from './host.ts'

/** How thoroughly to measure, and what. Times are in milliseconds. */
export interface Plan {
  readonly host: BenchHost
  /** A few rounds of everything, for tests: the figures mean nothing. */
  readonly isQuick: boolean
  /** Only these ids; empty: all. */
  readonly only: readonly string[]
  readonly onProgress: (text: string) => void
  readonly blockCount: number
  readonly blockMs: number
  readonly warmUpMs: number
  /** Who has not finished a block by then counts as hung. */
  readonly limitMs: number
}

/** Figures that are measured together, in a runtime of their own. */
export interface RowGroup {
  readonly ids: readonly string[]
  /** Whether the host has what it takes; by default it has. */
  canRun?(host: BenchHost): boolean
  measure(plan: Plan): Promise<Measured[]>
}

export function planOf(
  { host, isQuick, only }: Pick<Plan, 'host' | 'isQuick' | 'only'>,
  onProgress: (text: string) => void,
): Plan {
  const extent = isQuick
    ? { blockCount: 2, blockMs: 0, warmUpMs: 0, limitMs: 60_000 }
    : { blockCount: 30, blockMs: 30, warmUpMs: 300, limitMs: 10_000 }
  return { host, isQuick, only, onProgress, ...extent }
}

export function isWanted({ only }: Plan, id: string): boolean {
  return only.length === 0 || only.includes(id)
}

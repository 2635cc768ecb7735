import type { Measured } from './row.ts'
import { estimate, interleave, median, ratiosOf } from './statistics.ts'

/** A measured way of doing something, and the bare one it is compared with. Both give how long they took, in ms. */
export interface Contest extends Pick<Measured, 'id' | 'subject' | 'work' | 'comparedWith'> {
  /** The least ratio of speeds (bare time ÷ own time) that is good enough. */
  readonly goal: number
  readonly own: () => number | Promise<number>
  readonly bare: () => number | Promise<number>
}

const blockCount = 30

/** Runs both by turns and compares neighbours; the first block warms up and is not counted. */
export async function compare(contest: Contest, onProgress: (text: string) => void): Promise<Measured> {
  const { id, subject, work, comparedWith, goal, own, bare } = contest
  const ms = await interleave({ own, bare }, blockCount + 1, (done) => {
    onProgress(`${work}: block ${done - 1} of ${blockCount}`)
  })
  const ratios = ratiosOf(ms.bare, ms.own).slice(1)
  const value = median(ms.own.slice(1))
  return { id, subject, work, value, unit: 'ms', comparedWith, goal: { atLeast: goal }, ...estimate(ratios) }
}

import type { Estimate } from './statistics.ts'

/** One figure of a run, as `--json` writes it. */
export interface Row extends Estimate {
  readonly id: string
  /** What was measured. */
  readonly subject: string
  readonly value: number
  readonly unit: string
}

/** A figure, what people call it, and the ratio it should have. */
export interface Measured extends Row {
  readonly work: string
  /** What the ratio is to: `a bare loop`. */
  readonly comparedWith: string
  readonly goal: { readonly atLeast: number } | { readonly atMost: number }
}

/** Where a run took place, and what it has measured. */
export interface Report {
  readonly host: string
  readonly isolated: boolean
  readonly rows: readonly Row[]
}

/** A row without what is for people. */
export function rowOf({ id, subject, value, unit, ratio, low, high }: Measured): Row {
  return { id, subject, value, unit, ratio, low, high }
}

export function isReached({ ratio, goal }: Measured): boolean {
  return 'atLeast' in goal ? ratio >= goal.atLeast : ratio <= goal.atMost
}

/** A Markdown table, which people can read as it is. */
export function tableOf(rows: readonly Measured[]): string {
  const cells = [
    ['id', 'work', 'measured', 'ratio', '95 % bound', 'to', 'goal'],
    ...rows.map((row) => [
      row.id,
      row.work,
      `${digits(row.value)} ${row.unit}`,
      digits(row.ratio),
      `${digits(row.low)} – ${digits(row.high)}`,
      row.comparedWith,
      `${goalText(row)}${isReached(row) ? '' : ', missed'}`,
    ]),
  ]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)))
  const lines = cells.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`)
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`)
  return lines.join('\n')
}

function goalText({ goal }: Measured): string {
  return 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2)
}

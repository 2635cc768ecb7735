import type { Estimate } from './statistics.ts'

interface Named {
  readonly id: string
  /** What was measured. */
  readonly subject: string
}

interface Finished extends Named, Estimate {
  readonly value: number
  readonly unit: string
}

/** A subject that did not finish its work. */
interface Hung extends Named, Readonly<Record<keyof Estimate, null>> {
  readonly value: null
  readonly unit: 'hung'
}

/** One figure of a run, as `--json` writes it. */
export type Row = Finished | Hung

/** What should hold for the ratio, or for the value itself. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number } | { readonly valueAtMost: number }

/** A figure, what people call it, and the ratio it should have; rivals have no goal. */
export type Measured = Row & {
  readonly work: string
  /** What the ratio is to: `a bare loop`. */
  readonly comparedWith: string
  readonly goal?: Goal
}

/** Where a run took place, and what it has measured. */
export interface Report {
  readonly host: string
  readonly isolated: boolean
  readonly rows: readonly Row[]
}

/** A row without what is for people. */
export function rowOf({ id, subject, value, unit, ratio, low, high }: Measured): Row {
  return { id, subject, value, unit, ratio, low, high } as Row
}

export function isReached({ value, ratio, goal }: Measured): boolean {
  if (goal === undefined) return true
  if (value === null) return false
  if ('valueAtMost' in goal) return value <= goal.valueAtMost
  return 'atLeast' in goal ? ratio >= goal.atLeast : ratio <= goal.atMost
}

/** A Markdown table, which people can read as it is. */
export function tableOf(rows: readonly Measured[]): string {
  const cells = [
    ['id', 'work', 'measured', 'ratio', '95 % bound', 'to', 'goal'],
    ...rows.map((row) => [
      row.id,
      row.work,
      ...figuresOf(row),
      row.comparedWith,
      `${goalText(row)}${isReached(row) ? '' : ', missed'}`,
    ]),
  ]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)))
  const lines = cells.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`)
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`)
  return lines.join('\n')
}

function figuresOf(row: Row): string[] {
  if (row.value === null) return ['hung', '–', '–']
  const { value, unit, ratio, low, high } = row
  return [`${digits(value)} ${unit}`, digits(ratio), `${digits(low)} – ${digits(high)}`]
}

function goalText({ goal, unit }: Measured): string {
  if (goal === undefined) return ''
  if ('valueAtMost' in goal) return `≤ ${goal.valueAtMost} ${unit}`
  return 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`
}

function digits(value: number): string {
  if (value !== 0 && value < 0.01) return value.toPrecision(1)
  return value >= 100 ? value.toFixed(0) : value.toFixed(2)
}

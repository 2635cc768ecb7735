import type { Goal, Measured } from '../row.ts'
import { estimate, median, ratiosOf } from '../statistics.ts'
import type { Figures, Outcome } from './contest.ts'

/** What a ratio is of: `speed` is the reference's time over the subject's, `time` the other way round. */
export type Sense = 'speed' | 'time'

export interface Question {
  readonly id: string
  readonly work: string
  readonly sense: Sense
  /** The subject all others are compared with. */
  readonly reference: string
  /** The ratio that Troupe should have to it. */
  readonly goal: Goal | undefined
  readonly figure?: keyof Figures
}

const own = 'troupe'

/** A row for every subject: Troupe first, the reference next. */
export function rowsOf(question: Question, outcome: Outcome): Measured[] {
  const order = [own, question.reference, ...outcome.keys()]
  return [...new Set(order)].map((name) => rowOf(question, name, outcome.get(name)!, outcome))
}

function rowOf(question: Question, name: string, figures: Figures | 'hung', outcome: Outcome): Measured {
  const { id, work, reference, goal, figure = 'ms' } = question
  const common = {
    id,
    subject: name,
    work: `${work}: ${name}`,
    comparedWith: reference,
    ...(name === own && goal !== undefined ? { goal } : {}),
  }
  if (figures === 'hung') return { ...common, value: null, unit: 'hung', ratio: null, low: null, high: null }
  const unit = figure === 'ms' ? 'µs a call' : 'µs CPU a call'
  const ratios = compareWith(question, figures, figuresOf(outcome, reference))
  return { ...common, value: median(figures[figure]) * 1000, unit, ...estimate(ratios) }
}

/** Troupe against one rival, or against the fastest of several. Nothing when all of these hang. */
export function versus(question: Question, rivals: readonly string[], outcome: Outcome): Measured[] {
  const { figure = 'ms' } = question
  const fit = rivals.filter((name) => outcome.get(name) !== 'hung')
  const typical = (name: string): number => median(figuresOf(outcome, name)[figure])
  const best = fit.sort((a, b) => typical(a) - typical(b))[0]
  if (best === undefined) return []
  const troupe = figuresOf(outcome, own)
  const ratios = compareWith(question, troupe, figuresOf(outcome, best))
  return [
    {
      id: question.id,
      subject: `${own} to ${best}`,
      work: `${question.work}: ${own} to ${best}`,
      value: median(troupe[figure]) * 1000,
      unit: figure === 'ms' ? 'µs a call' : 'µs CPU a call',
      comparedWith: best,
      ...(question.goal === undefined ? {} : { goal: question.goal }),
      ...estimate(ratios),
    },
  ]
}

function compareWith({ sense, figure = 'ms' }: Question, one: Figures, other: Figures): number[] {
  // A subject that hung later has fewer blocks than the others.
  const count = Math.min(one[figure].length, other[figure].length)
  const [a, b] = [one[figure].slice(0, count), other[figure].slice(0, count)]
  return sense === 'speed' ? ratiosOf(b, a) : ratiosOf(a, b)
}

/** The figures of a subject that has to finish. Throws when it did not. */
export function figuresOf(outcome: Outcome, name: string): Figures {
  const figures = outcome.get(name)
  if (figures === undefined || figures === 'hung') throw new Error(`${name} did not finish`)
  return figures
}

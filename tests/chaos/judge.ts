import type { ChaosRecord, Line } from './record.ts'

/** What the callers saw: `outcomes[caller][victim][number]`. */
export type Outcomes = readonly (readonly (readonly string[])[])[]

export interface Verdict {
  readonly title: string
  /** What was checked, for people. */
  readonly facts: string
  readonly violations: readonly string[]
}

/** Whether the calls of a victim are tried again when their worker ends. */
export type IsRetried = (victim: number) => boolean

/** Compares what the callers saw with what the victims noted. */
export function judge(record: ChaosRecord, outcomes: Outcomes, isRetried: IsRetried, count: number): Verdict[] {
  const lines = record.lines()
  return [
    everyCallEnded(outcomes, isRetried, count),
    answersInOrder(outcomes, count),
    runsInOrder(lines),
    oneAtATime(lines),
    oneIncarnationAtATime(lines),
    atMostOnce(lines, outcomes, isRetried),
    answersWereRun(lines, outcomes, count),
  ]
}

function* eachCall(
  outcomes: Outcomes,
  count: number,
): Generator<{ victim: number; caller: number; number: number; text: string }> {
  for (const [caller, victims] of outcomes.entries())
    for (const [victim, texts] of victims.entries())
      for (let number = 0; number < count; number++) yield { victim, caller, number, text: texts[number] ?? '' }
}

function everyCallEnded(outcomes: Outcomes, isRetried: IsRetried, count: number): Verdict {
  const violations: string[] = []
  const tally = new Map<string, number>()
  for (const { victim, caller, number, text } of eachCall(outcomes, count)) {
    tally.set(text, (tally.get(text) ?? 0) + 1)
    if (text === 'ok' || (text === 'unavailable' && !isRetried(victim))) continue
    violations.push(`call ${number} of caller ${caller} on actor ${victim} ended with: ${text || 'nothing'}`)
  }
  const facts = [...tally].map(([text, n]) => `${n} ${text}`).join(', ')
  return {
    title: 'every call ends: with retries by its value, without by its value or "unavailable"',
    facts,
    violations,
  }
}

function answersInOrder(outcomes: Outcomes, count: number): Verdict {
  const violations = outcomes.flatMap((victims, caller) =>
    victims.flatMap((texts, victim) => texts.slice(count).map((text) => `caller ${caller}, actor ${victim}: ${text}`)),
  )
  return { title: 'values come in the order of the calls', facts: `${outcomes.length} callers`, violations }
}

function runsInOrder(lines: readonly Line[]): Verdict {
  const last = new Map<string, number>()
  const violations: string[] = []
  for (const { kind, victim, incarnation, caller, number } of lines) {
    if (kind !== 'start') continue
    const key = `actor ${victim}, incarnation ${incarnation}, caller ${caller}`
    const before = last.get(key) ?? -1
    if (number <= before) violations.push(`${key}: call ${number} ran after call ${before}`)
    last.set(key, number)
  }
  return { title: 'the calls of one caller run in their order', facts: `${last.size} sequences`, violations }
}

function oneAtATime(lines: readonly Line[]): Verdict {
  const running = new Map<string, string>()
  const violations: string[] = []
  let ends = 0
  for (const { kind, victim, incarnation, caller, number } of lines) {
    const key = `actor ${victim}, incarnation ${incarnation}`
    const call = `call ${number} of caller ${caller}`
    const other = running.get(key)
    if (kind === 'start' && other !== undefined) violations.push(`${key}: ${call} started while ${other} ran`)
    if (kind === 'end' && other !== call) violations.push(`${key}: ${call} ended while ${other ?? 'nothing'} ran`)
    if (kind === 'start') running.set(key, call)
    else {
      running.delete(key)
      ends++
    }
  }
  return { title: 'an actor runs one call at a time', facts: `${ends} calls ran to their end`, violations }
}

function oneIncarnationAtATime(lines: readonly Line[]): Verdict {
  const newest = new Map<number, number>()
  const violations: string[] = []
  for (const { victim, incarnation, caller, number } of lines) {
    const known = newest.get(victim) ?? 0
    if (incarnation < known)
      violations.push(
        `actor ${victim}: incarnation ${incarnation} ran call ${number} of caller ${caller} beside incarnation ${known}`,
      )
    newest.set(victim, Math.max(known, incarnation))
  }
  return { title: 'an actor lives once at a time', facts: `${newest.size} actors`, violations }
}

const callKey = (call: { victim: number; caller: number; number: number }): string =>
  `call ${call.number} of caller ${call.caller} on actor ${call.victim}`

function countRuns(lines: readonly Line[], kind: Line['kind']): Map<string, number> {
  const runs = new Map<string, number>()
  for (const line of lines) if (line.kind === kind) runs.set(callKey(line), (runs.get(callKey(line)) ?? 0) + 1)
  return runs
}

function atMostOnce(lines: readonly Line[], outcomes: Outcomes, isRetried: IsRetried): Verdict {
  const once = lines.filter(({ victim }) => !isRetried(victim) && victim < (outcomes[0]?.length ?? 0))
  const runs = countRuns(once, 'start')
  const repeats = [...countRuns(lines, 'start').values()].filter((count) => count > 1).length
  const violations = [...runs].filter(([, count]) => count > 1).map(([call, count]) => `${call} ran ${count} times`)
  return {
    title: 'calls without retries run at most once',
    facts: `${runs.size} ran; of those with retries ${repeats} ran more than once`,
    violations,
  }
}

function answersWereRun(lines: readonly Line[], outcomes: Outcomes, count: number): Verdict {
  const ends = countRuns(lines, 'end')
  let answered = 0
  const violations: string[] = []
  for (const call of eachCall(outcomes, count)) {
    if (call.text !== 'ok') continue
    answered++
    if (!ends.has(callKey(call))) violations.push(`${callKey(call)} has a value, but never ran to its end`)
  }
  return { title: 'every value was computed', facts: `${answered} values`, violations }
}

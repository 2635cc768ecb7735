import type { TraceEvent, TraceSpan } from 'troupe'
import { expect } from 'vitest'

/** The spans of a trace, after all rules of its format were checked. */
export function checkTrace(events: readonly TraceEvent[]): TraceSpan[] {
  // What a viewer reads is the JSON.
  const read = JSON.parse(JSON.stringify(events)) as TraceEvent[]
  expect(read).toEqual(events)
  const named = new Set<string>()
  const rowEnds = new Map<string, number>()
  const spans: TraceSpan[] = []
  let lastTs = Number.NEGATIVE_INFINITY
  for (const event of read) {
    const { ph, pid, tid, ts, name } = event
    expect([Number.isInteger(pid), Number.isInteger(tid), Number.isFinite(ts)], name).toEqual([true, true, true])
    if (ph === 'M') {
      const key = name.startsWith('process') ? `${name} ${pid}` : `${name} ${pid} ${tid}`
      expect(named.has(key), `${key} once`).toBe(false)
      named.add(key)
      if (name === 'process_name' || name === 'thread_name') expect(event.args.name).toMatch(/./)
      continue
    }
    expect([...named]).toEqual(expect.arrayContaining([`process_name ${pid}`, `thread_name ${pid} ${tid}`]))
    expect(ts, 'in order').toBeGreaterThanOrEqual(lastTs)
    lastTs = ts
    if (ph !== 'X') {
      expect([ph, event.s]).toEqual(['i', 't'])
      continue
    }
    expect(event.dur).toBeGreaterThanOrEqual(0)
    const row = `${pid} ${tid}`
    expect(ts, `${name} begins after what came before it in its row`).toBeGreaterThanOrEqual(
      rowEnds.get(row) ?? Number.NEGATIVE_INFINITY,
    )
    rowEnds.set(row, ts + event.dur)
    spans.push(event)
  }
  return spans
}

/** The time 0 of a trace, in milliseconds since 1970. */
export function zeroOf(events: readonly TraceEvent[]): number {
  for (const event of events) {
    if (event.ph === 'M' && event.name === 'process_labels') return Date.parse(event.args.labels!.replace('0 is ', ''))
  }
  throw new Error('the trace does not say what its 0 is')
}

/** What the row of a span is called. */
export function rowOf(events: readonly TraceEvent[], { pid, tid }: TraceSpan): string | undefined {
  for (const event of events)
    if (event.ph === 'M' && event.name === 'thread_name' && event.pid === pid && event.tid === tid)
      return event.args.name
  return undefined
}

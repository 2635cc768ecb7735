import { checkKeys, checkNumber } from '../runtime/checks.ts'
import { requireRuntime } from './current.ts'
import { type TraceEvent, traceEvents } from './trace-events.ts'

/** Options of `timeline`. */
export interface TimelineOptions {
  /** Only what ended at this time or later, in milliseconds since 1970: `Date.now() - 5000` for the last five seconds. */
  readonly since?: number
}

/**
 * What has run where, in Chrome's trace format: `JSON.stringify` of it opens in Perfetto (ui.perfetto.dev). Each realm
 * remembers its last 10 000 calls (`init({ timeline })`). Those of a worker that crashed or was killed are lost with it;
 * one that ends in peace leaves them to its node. A worker that has not answered after 2 s is left out, with a warning.
 */
export async function timeline(options: TimelineOptions = {}): Promise<readonly TraceEvent[]> {
  checkKeys(options, ['since'], 'timeline')
  checkNumber(options.since, { name: 'since', where: 'timeline', min: 0 })
  return traceEvents(await requireRuntime().control.timeline(options.since ?? 0))
}

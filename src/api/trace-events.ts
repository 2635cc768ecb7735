import { mainOf } from '../protocol/ids.ts'
import type { TracedCall } from '../runtime/call-trace.ts'
import type { RealmTrace } from '../runtime/timeline.ts'

/** A call or a task, from its start to its end, awaits included. `ts` and `dur` are microseconds. */
export interface TraceSpan {
  readonly name: string
  readonly cat: 'actor' | 'task'
  readonly ph: 'X'
  readonly ts: number
  readonly dur: number
  readonly pid: number
  readonly tid: number
  readonly args: { readonly actorId?: string; readonly taskId: string; readonly ok: boolean }
}

/** A worker that has started or ended. */
export interface TraceInstant {
  readonly name: 'worker started' | 'worker ended'
  readonly cat: 'worker'
  readonly ph: 'i'
  readonly s: 't'
  readonly ts: number
  readonly pid: number
  readonly tid: number
  readonly args: { readonly workerId: string; readonly reason?: string }
}

/** What a `pid` (a node) or a `tid` (a worker, or one more row of it) is called. */
export interface TraceName {
  readonly name: 'process_name' | 'process_labels' | 'thread_name' | 'thread_sort_index'
  readonly ph: 'M'
  readonly ts: 0
  readonly pid: number
  readonly tid: number
  readonly args: { readonly name?: string; readonly labels?: string; readonly sort_index?: number }
}

/** An event of the Chrome trace format. */
export type TraceEvent = TraceSpan | TraceInstant | TraceName

/** Calls that did not overlap: a row of the picture. */
interface Row {
  readonly tid: number
  endUs: number
}

/** Makes one trace of what realms have recorded. The first realm's beginning is the time 0. */
export function traceEvents(traces: readonly RealmTrace[]): TraceEvent[] {
  const trace = new Trace(traces[0]!)
  for (const one of traces) trace.addCalls(one)
  for (const one of traces) trace.addNews(one)
  return trace.events()
}

class Trace {
  readonly #zeroMs: number
  readonly #names: TraceName[] = []
  readonly #events: (TraceSpan | TraceInstant)[] = []
  readonly #pids = new Map<string, number>()
  readonly #tids = new Map<string, number>()
  #nextTid = 1

  constructor({ originMs, beganMs, nodeId }: RealmTrace) {
    this.#zeroMs = originMs + beganMs
    const pid = this.#pidOf(nodeId)
    const labels = `0 is ${new Date(this.#zeroMs).toISOString()}`
    this.#names.push({ name: 'process_labels', ph: 'M', ts: 0, pid, tid: 0, args: { labels } })
  }

  addCalls(trace: RealmTrace): void {
    const { realmId, nodeId, label } = trace
    const first = this.#tidOf(realmId, this.#pidOf(nodeId), label)
    const rows: Row[] = [{ tid: first, endUs: Number.NEGATIVE_INFINITY }]
    for (const call of [...trace.calls].sort((a, b) => a[1] - b[1])) this.#addCall(trace, call, rows)
  }

  addNews({ originMs, news }: RealmTrace): void {
    for (const { atMs, workerId, reason } of news) {
      const pid = this.#pidOf(mainOf(workerId))
      this.#events.push({
        name: reason === undefined ? 'worker started' : 'worker ended',
        cat: 'worker',
        ph: 'i',
        s: 't',
        ts: this.#microseconds(originMs + atMs),
        pid,
        tid: this.#tidOf(workerId, pid, workerId),
        args: reason === undefined ? { workerId } : { workerId, reason },
      })
    }
  }

  events(): TraceEvent[] {
    return [...this.#names, ...this.#events.sort((a, b) => a.ts - b.ts)]
  }

  #addCall({ originMs, nodeId, label }: RealmTrace, call: TracedCall, rows: Row[]): void {
    const [name, startMs, endMs, taskId, actorId, ok] = call
    const [ts, endUs] = [this.#microseconds(originMs + startMs), this.#microseconds(originMs + endMs)]
    const pid = this.#pidOf(nodeId)
    // Calls of one row would be shown one within the other, as if one had called the other.
    let row = rows.find((one) => one.endUs <= ts)
    if (row === undefined) rows.push((row = { tid: this.#newRow(pid, `${label} (${rows.length + 1})`), endUs }))
    row.endUs = endUs
    const args = actorId === undefined ? { taskId, ok } : { actorId, taskId, ok }
    const cat = actorId === undefined ? 'task' : 'actor'
    this.#events.push({ name, cat, ph: 'X', ts, dur: endUs - ts, pid, tid: row.tid, args })
  }

  // Eighths of a microsecond are exact in binary: sums of them stay in order, also as the nanoseconds of a viewer.
  #microseconds(ms: number): number {
    return Math.round((ms - this.#zeroMs) * 8000) / 8
  }

  #pidOf(nodeId: string): number {
    const known = this.#pids.get(nodeId)
    if (known !== undefined) return known
    const pid = this.#pids.size + 1
    this.#pids.set(nodeId, pid)
    this.#names.push({ name: 'process_name', ph: 'M', ts: 0, pid, tid: 0, args: { name: nodeId } })
    return pid
  }

  #tidOf(realmId: string, pid: number, label: string): number {
    const known = this.#tids.get(realmId)
    if (known !== undefined) return known
    const tid = this.#newRow(pid, label)
    this.#tids.set(realmId, tid)
    return tid
  }

  #newRow(pid: number, name: string): number {
    const tid = this.#nextTid++
    this.#names.push({ name: 'thread_name', ph: 'M', ts: 0, pid, tid, args: { name } })
    this.#names.push({ name: 'thread_sort_index', ph: 'M', ts: 0, pid, tid, args: { sort_index: tid } })
    return tid
  }
}

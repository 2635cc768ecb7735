import type { ClusterEvent } from '../core/cluster-events.ts'
import { CallTrace, type TracedCall } from './call-trace.ts'

/** A worker that has started or ended. */
export interface WorkerNews {
  readonly atMs: number
  readonly workerId: string
  /** How it ended; undefined: it has started. */
  readonly reason: string | undefined
}

/** What one realm has recorded. Its times plus `originMs` are milliseconds since 1970. */
export interface RealmTrace {
  readonly realmId: string
  readonly nodeId: string
  /** How people see it. */
  readonly label: string
  readonly originMs: number
  /** When the realm began to record. */
  readonly beganMs: number
  readonly calls: readonly TracedCall[]
  readonly news: readonly WorkerNews[]
}

/** Calls that each realm remembers when nothing else is said. */
export const defaultTimelineEvents = 10_000

interface Place {
  readonly realmId: string
  readonly nodeId: string
  readonly isDriver: boolean
}

/** What has run in this realm, and in a driver also which workers came and went. Bounded: the oldest are forgotten. */
export class Timeline {
  /** Undefined: nothing is recorded. */
  readonly calls: CallTrace | undefined
  /** How people see this realm. */
  label: string
  readonly #place: Place
  readonly #limit: number
  readonly #beganMs = performance.now()
  readonly #news: WorkerNews[] = []
  /** What workers that ended in peace have left, the one that ended last at the end. */
  readonly #left: RealmTrace[] = []

  /** @param limit of calls that are remembered; 0: nothing is recorded. */
  constructor(place: Place, limit: number) {
    this.#place = place
    this.#limit = limit
    this.calls = limit > 0 ? new CallTrace(limit) : undefined
    this.label = place.isDriver ? 'driver' : place.realmId
  }

  /** The coordinator was told something. */
  happened(event: ClusterEvent): void {
    if (this.calls === undefined) return
    if (event.type === 'workerReady') this.#heard(event.workerId, undefined)
    else if (event.type === 'workerExited') this.#heard(event.workerId, event.exit.reason)
    else if (event.type === 'workerRefused') this.#heard(event.workerId, 'was ended: its node has no room')
  }

  #heard(workerId: string, reason: string | undefined): void {
    this.#news.push({ atMs: performance.now(), workerId, reason })
    if (this.#news.length > this.#limit) this.#news.shift()
  }

  /** A worker of this node ends in peace, and leaves what it has recorded. */
  keep(from: string, trace: RealmTrace): void {
    if (this.calls === undefined || trace.realmId !== from) return
    this.#left.push(trace)
    let tooMany = this.#left.reduce((sum, { calls }) => sum + calls.length, -this.#limit)
    while (tooMany > 0) {
      const oldest = this.#left.shift()!
      if (oldest.calls.length > tooMany) this.#left.unshift({ ...oldest, calls: oldest.calls.slice(tooMany) })
      tooMany -= oldest.calls.length
    }
  }

  /** What there is of this realm, and of workers that have left theirs here; the realm itself comes first. */
  traces(since = 0): RealmTrace[] {
    const left = this.#left.map((trace) => {
      return { ...trace, calls: trace.calls.filter(([, , endMs]) => trace.originMs + endMs >= since) }
    })
    return [this.own(since), ...left.filter(({ calls }) => calls.length > 0)]
  }

  own(since = 0): RealmTrace {
    const originMs = performance.timeOrigin
    const { realmId, nodeId } = this.#place
    return {
      realmId,
      nodeId,
      label: this.label,
      originMs,
      beganMs: this.#beganMs,
      calls: this.calls?.since(since - originMs) ?? [],
      news: this.#news.filter(({ atMs }) => originMs + atMs >= since),
    }
  }
}

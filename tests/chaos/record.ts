import { pick, seeded } from './chance.ts'

/** Where in its life a worker is ended. The names are those of the runtime's probe. */
export const points = ['accept', 'running', 'posted', 'reply', 'restart', 'release'] as const
export type Point = (typeof points)[number]

/** What happened to a call in a worker. */
export interface Line {
  readonly kind: 'start' | 'end'
  readonly victim: number
  readonly incarnation: number
  readonly caller: number
  readonly number: number
}

const counters = { lines: 0, seed: 1, timersLeft: 2, timersFired: 3, allowed: 4, settled: 5, mayDie: 6 } as const
export type CounterName = keyof typeof counters

const maxVictims = 64
const maxCallers = 8
const maxPlanned = 64
const visitsAt = 16
const killsAt = visitsAt + points.length
const incarnationsAt = 32
const settledAt = incarnationsAt + maxVictims
const planAt = settledAt + maxVictims * maxCallers
const linesAt = planAt + points.length * maxPlanned
const lineSize = 5
const maxLines = 100_000

/**
 * The memory that all workers of a chaos run share, and that outlives each of them: the plan of kills, counters, and
 * the journal of the calls that ran.
 */
export class ChaosRecord {
  readonly buffer: SharedArrayBuffer
  readonly #cells: Int32Array

  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer((linesAt + maxLines * lineSize) * 4)
    this.#cells = new Int32Array(this.buffer)
  }

  get(name: CounterName): number {
    return Atomics.load(this.#cells, counters[name])
  }
  set(name: CounterName, value: number): void {
    Atomics.store(this.#cells, counters[name], value)
  }
  /** Adds, and gives the value before. */
  add(name: CounterName, change: number): number {
    return Atomics.add(this.#cells, counters[name], change)
  }

  // ---- the plan

  /** Plans `count` kills at a point, at visits drawn from a range. */
  plan(point: Point, count: number, range: readonly [number, number]): void {
    const at = points.indexOf(point)
    const visits = pick(seeded(this.get('seed') * 31 + at), count, range)
    for (const [i, visit] of visits.entries()) Atomics.store(this.#cells, planAt + at * maxPlanned + i, visit)
  }

  /** Counts a visit of a point. True: the plan says that the worker ends here. */
  visit(point: Point): boolean {
    const at = points.indexOf(point)
    const visit = Atomics.add(this.#cells, visitsAt + at, 1) + 1
    const from = planAt + at * maxPlanned
    if (!this.#cells.subarray(from, from + maxPlanned).includes(visit)) return false
    Atomics.add(this.#cells, killsAt + at, 1)
    return true
  }

  killsAt(point: Point): number {
    return Atomics.load(this.#cells, killsAt + points.indexOf(point))
  }
  visitsAt(point: Point): number {
    return Atomics.load(this.#cells, visitsAt + points.indexOf(point))
  }

  // ---- what happened

  /** A victim was constructed: the number of this incarnation, from 0. */
  born(victim: number): number {
    return Atomics.add(this.#cells, incarnationsAt + victim, 1)
  }
  bornCount(victim: number): number {
    return Atomics.load(this.#cells, incarnationsAt + victim)
  }

  /** A caller has the outcome of one more call. */
  settled(victim: number, caller: number): void {
    Atomics.add(this.#cells, settledAt + victim * maxCallers + caller, 1)
    this.add('settled', 1)
  }
  settledCount(victim: number, caller: number): number {
    return Atomics.load(this.#cells, settledAt + victim * maxCallers + caller)
  }

  /** Writes a line. Its kind comes last, so that a line whose writer was ended half-way is not read. */
  write({ kind, victim, incarnation, caller, number }: Line): void {
    const at = linesAt + this.add('lines', 1) * lineSize
    if (at + lineSize > this.#cells.length) throw new RangeError('the journal is full')
    this.#cells.set([victim, incarnation, caller, number], at + 1)
    Atomics.store(this.#cells, at, kind === 'start' ? 1 : 2)
  }

  lines(): Line[] {
    const lines: Line[] = []
    for (let i = 0; i < this.get('lines'); i++) {
      const at = linesAt + i * lineSize
      const kind = Atomics.load(this.#cells, at)
      if (kind === 0) continue
      const [victim, incarnation, caller, number] = this.#cells.subarray(at + 1, at + lineSize)
      lines.push({
        kind: kind === 1 ? 'start' : 'end',
        victim: victim!,
        incarnation: incarnation!,
        caller: caller!,
        number: number!,
      })
    }
    return lines
  }
}

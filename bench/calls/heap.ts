import type { Measured } from '../row.ts'
import { estimate, median, ratiosOf } from '../statistics.ts'
import type { Caller } from './caller.ts'
import { raw } from './contenders.ts'
import { check } from './work.ts'

const roundCount = 5
const goalBytes = 600

/** The heap that a call takes while it is pending, its promise included; the ratio is to raw messages. */
export async function pendingBytes(id: string, callers: readonly Caller[], count: number): Promise<Measured> {
  const named = (name: string): Caller => callers.find((caller) => caller.name === name)!
  const bytes = { own: [] as number[], raw: [] as number[] }
  for (let round = 0; round < roundCount; round++) {
    bytes.raw.push(await bytesEach(named(raw), count))
    bytes.own.push(await bytesEach(named('troupe'), count))
  }
  return {
    id,
    subject: 'troupe, heap',
    work: `${withSpaces(count)} calls at once, heap each: troupe`,
    value: median(bytes.own),
    unit: 'B',
    comparedWith: raw,
    goal: { valueAtMost: goalBytes },
    ...estimate(ratiosOf(bytes.own, bytes.raw)),
  }
}

async function bytesEach({ add, name }: Caller, count: number): Promise<number> {
  const before = usedHeap()
  const calls = Array.from({ length: count }, (_, i) => add(i))
  const used = usedHeap() - before
  const results = await Promise.all(calls)
  results.forEach((result, i) => check(result, i + 1, name))
  return used / count
}

/** Bytes in use in this thread of Node, after a collection. */
export function usedHeap(): number {
  ;(globalThis as { gc?: () => void }).gc!()
  return process.memoryUsage().heapUsed
}

/** 10000 as people write it here: `10 000`. */
export function withSpaces(count: number): string {
  return count.toLocaleString('en').replaceAll(',', ' ')
}

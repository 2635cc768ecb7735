import { get, init, listActors, listTasks, type ObjectRef, put, ready } from 'troupe'
import { sleep } from './chance.ts'
import { collect, collectNow, Echo, Gauge, heapBytes } from './echo.ts'
import { countsOfRealm } from './realm.ts'

export interface LeakOptions {
  readonly rounds: number
  readonly handles: number
  readonly refs: number
}

/** The heaps after one round, in bytes, by realm; `driver` is one of them. */
export interface Round {
  readonly number: number
  readonly ms: number
  readonly heaps: Readonly<Record<string, number>>
  /** What is still there and should not be. */
  readonly left: readonly string[]
}

const actorCount = 10
const batch = 200

/** How the heaps are measured after collection: by the realms themselves, or from outside. */
export type MeasureHeaps = () => Promise<Readonly<Record<string, number>>>

/** Makes and drops handles and refs, round after round, and tells what is left after each. */
export async function runLeaks(
  options: LeakOptions,
  onRound: (round: Round) => void,
  measureOutside?: MeasureHeaps,
): Promise<void> {
  const runtime = await init({ numCpus: 2 })
  try {
    // One for each of the two workers that light actors share.
    const gauges = [Gauge, Gauge].map((gauge) => gauge.options({ isolation: 'shared' }).remote())
    for (let number = 1; number <= options.rounds; number++) {
      const startedAt = performance.now()
      await oneRound(options)
      const left = await settle(gauges)
      const heaps = measureOutside === undefined ? await measureHere(gauges) : await measureOutside()
      onRound({ number, ms: performance.now() - startedAt, heaps, left })
    }
  } finally {
    await runtime.shutdown()
  }
}

async function oneRound({ handles, refs }: LeakOptions): Promise<void> {
  const actors = Array.from({ length: actorCount }, () => Echo.options({ isolation: 'shared' }).remote())
  await Promise.all(actors.map((one) => ready(one)))
  for (let made = 0; made < handles; made += batch) await passHandles(actors, made)
  // Half of the refs never leave the driver; the others come from calls, go to actors, and come from actors.
  for (let made = 0; made < refs; made += 10 * batch) {
    await makeRefs(actors, made / batch)
    // Weak tables keep the room that the most garbage ever took: without this heaps depend on when the engine collects.
    collectNow()
  }
  for (const one of actors) one[Symbol.dispose]()
}

async function passHandles(actors: readonly Echo[], made: number): Promise<void> {
  const calls = Array.from({ length: batch }, (_, i) => {
    const one = actors[(made + i) % actorCount]!
    return i % 2 === 0 ? one.self() : one.handle(actors[(made + i * 3 + 1) % actorCount]!)
  })
  const handles = await Promise.all(calls)
  // The others are dropped as they are, and collected.
  for (const [i, handle] of handles.entries()) if (i % 4 < 2) (handle as Disposable)[Symbol.dispose]()
}

async function makeRefs(actors: readonly Echo[], at: number): Promise<void> {
  const one = actors[at % actorCount]!
  const other = actors[(at + 3) % actorCount]!
  for (let i = 0; i < 5 * batch; i++) {
    const ref = put(i)
    if (i % 2 === 0) ref[Symbol.dispose]()
  }
  for (let i = 0; i < 2; i++) {
    const results = Array.from({ length: batch }, (_, n) => one.number.remote(n))
    await get(results)
    dropSome(results)
  }
  const given = Array.from({ length: batch }, (_, n) => put(n))
  const sum = one.take(given)
  dropSome(given)
  await sum
  const made = await other.make(batch)
  if ((await get(made[1]!)) !== 1) throw new Error('a ref gave a wrong value')
  const passed = await one.pass(made)
  dropSome(made)
  if ((await get(passed[2]!)) !== 2) throw new Error('a ref that was handed on gave a wrong value')
  dropSome(passed)
}

function dropSome(refs: readonly ObjectRef<number>[]): void {
  for (const [i, ref] of refs.entries()) if (i % 2 === 0) ref[Symbol.dispose]()
}

/** Collects until nothing is left, and says what stays. */
async function settle(gauges: readonly Gauge[]): Promise<string[]> {
  let left: string[] = []
  for (let attempt = 0; attempt < 40; attempt++) {
    left = await whatIsLeft(gauges)
    if (left.length === 0) return left
    await sleep(25)
  }
  return left
}

async function whatIsLeft(gauges: readonly Gauge[]): Promise<string[]> {
  const left: string[] = []
  const readings = await Promise.all(gauges.map((gauge) => gauge.read()))
  await collect()
  if (new Set(readings.map(({ workerId }) => workerId)).size < gauges.length)
    throw new Error('two gauges in one worker')
  for (const { workerId, counts } of readings) {
    // The gauge itself runs there.
    for (const [name, count] of Object.entries({ ...counts, local: counts.local - 1 }))
      if (count !== 0) left.push(`${workerId} counts ${count} ${name}`)
  }
  const own = countsOfRealm()
  for (const [name, count] of Object.entries({ ...own, remote: own.remote - gauges.length }))
    if (count !== 0) left.push(`the driver counts ${count} ${name}`)
  for (const { className, actorId, state } of await listActors())
    if (className !== 'Gauge' && state !== 'DEAD') left.push(`${className} ${actorId} is ${state}`)
  for (const task of await listTasks()) left.push(`a task is there: ${JSON.stringify(task)}`)
  return left
}

async function measureHere(gauges: readonly Gauge[]): Promise<Record<string, number>> {
  const heaps: Record<string, number> = {}
  for (const gauge of gauges) {
    const { workerId, heapBytes } = await gauge.read()
    heaps[workerId] = heapBytes
  }
  await collect()
  return { ...heaps, driver: heapBytes() }
}

/** Whether the heaps stopped growing: from the second round on, by less than a byte for each thing made. */
export function judgeHeaps(rounds: readonly Round[], { handles, refs }: LeakOptions): string[] {
  const [second, last] = [rounds[1], rounds.at(-1)]
  if (second === undefined || last === undefined || second === last) return []
  const made = (handles + refs) * (last.number - second.number)
  return Object.keys(last.heaps)
    .map((realm) => ({ realm, perThing: (last.heaps[realm]! - (second.heaps[realm] ?? 0)) / made }))
    .filter(({ perThing }) => perThing >= 1)
    .map(({ realm, perThing }) => `the heap of ${realm} grew by ${perThing.toFixed(2)} bytes for each thing made`)
}

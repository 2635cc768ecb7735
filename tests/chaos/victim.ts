import { ActorDiedError, ActorUnavailableError, actor, get, type HandleOf, runtimeContext, task } from 'troupe'
import { between, seeded, sleep } from './chance.ts'
import { endHere, sharedRecord } from './platform.ts'
import { countsOfRealm, type RealmCounts } from './realm.ts'
import type { ChaosRecord, Point } from './record.ts'

interface Probe {
  at: ((point: Point, actorId: string) => void) | undefined
}

let record: ChaosRecord | undefined
/** Callers live in workers that nobody ends. */
let isVictim = false
let workerId = ''

function known(): ChaosRecord {
  if (record === undefined) throw new Error('the set-up of this worker did not run')
  return record
}

/** Runs in every worker before anything else: ends it where the plan says so. */
export const setUpChaos = task(
  async function setUpChaos(): Promise<void> {
    workerId = runtimeContext().workerId
    record = await sharedRecord(workerId)
    const probe = (globalThis as unknown as Record<symbol, Probe>)[Symbol.for('troupe.probe')]
    if (probe === undefined) throw new Error('the library has no probe')
    probe.at = (point) => {
      // Only victims are started again, and what happens first there is this.
      if (!isVictim && point !== 'restart') return
      if (known().visit(point)) endHere(workerId)
    }
  },
  import.meta,
)

/** Notes which calls it ran, and dies often. */
export const Victim = actor(
  class Victim {
    readonly #index: number
    readonly #incarnation: number

    constructor(index: number) {
      this.#index = index
      this.#incarnation = known().born(index)
      isVictim = true
      this.#dieSomeTime()
    }

    work(caller: number, number: number): number | Promise<number> {
      this.#note('start', caller, number)
      if (number % 3 !== 0) return this.#end(caller, number)
      return sleep(number % 4).then(() => this.#end(caller, number))
    }

    #end(caller: number, number: number): number {
      this.#note('end', caller, number)
      return answerTo(caller, number)
    }

    #note(kind: 'start' | 'end', caller: number, number: number): void {
      known().write({ kind, victim: this.#index, incarnation: this.#incarnation, caller, number })
    }

    // One of the kills at random moments: between calls, or while one waits.
    #dieSomeTime(): void {
      const random = seeded(known().get('seed') + this.#index * 7919 + this.#incarnation * 104_729)
      if (random() < 0.4) return
      setTimeout(
        () => {
          if (known().get('mayDie') === 0) return
          if (known().add('timersLeft', -1) <= 0) return void known().add('timersLeft', 1)
          known().add('timersFired', 1)
          endHere(workerId)
        },
        between(random, 1, 400),
      )
    }
  },
  import.meta,
)
export type Victim = HandleOf<typeof Victim>

/** What `work` must return. */
export const answerTo = (caller: number, number: number): number => caller * 1_000_000 + number

/** Calls victims from a worker of its own. */
export const Caller = actor(
  class Caller {
    async run(me: number, victims: Victim[], count: number): Promise<string[][]> {
      const outcomes = await Promise.all(
        victims.map((victim, index) => callMany(known(), { me, victim, index, count })),
      )
      for (const victim of victims) victim[Symbol.dispose]()
      return outcomes
    }
    /** Calls a victim that is about to end: how each call ended. */
    async burst(index: number, victim: Victim, count: number): Promise<string[]> {
      const calls = Array.from({ length: count }, (_, number) => callOnce(victim, 3 + (index % 2), number))
      const outcomes = await Promise.all(calls)
      victim[Symbol.dispose]()
      return outcomes.map(({ text }) => text)
    }
    counts(): RealmCounts {
      return countsOfRealm()
    }
  },
  import.meta,
)

interface Calls {
  readonly me: number
  readonly victim: Victim
  readonly index: number
  readonly count: number
}

const window = 6

/**
 * Makes `count` calls on one victim, in bursts, no faster than the driver allows, and tells how each ended: `ok`, or the
 * name of what went wrong; then the order in which they ended, when that was not the order in which they were made.
 */
export async function callMany(shared: ChaosRecord, { me, victim, index, count }: Calls): Promise<string[]> {
  const outcomes: string[] = new Array(count).fill('')
  const ended: number[] = []
  let pending = 0
  for (let number = 0; number < count; ) {
    if (pending >= window || number >= shared.get('allowed')) {
      await sleep(3)
      continue
    }
    const burst = Math.min(window - pending, shared.get('allowed') - number, count - number)
    for (const end = number + burst; number < end; number++) {
      pending++
      void callOnce(victim, me, number).then((outcome) => {
        outcomes[Number(outcome.number)] = outcome.text
        if (outcome.text === 'ok') ended.push(outcome.number)
        pending--
        shared.settled(index, me)
      })
    }
  }
  while (pending > 0) await sleep(3)
  return [...outcomes, ...disorder(ended)]
}

// Direct calls and `get` differ by a few microtasks: each kind is compared with its own.
function disorder(ended: readonly number[]): string[] {
  for (const kind of [0, 1]) {
    const numbers = ended.filter((number) => number % 2 === kind)
    const late = numbers.findIndex((number, i) => i > 0 && number < numbers[i - 1]!)
    if (late >= 0) return [`answers out of order: ${numbers.slice(Math.max(0, late - 3), late + 4).join(', ')}`]
  }
  return []
}

async function callOnce(victim: Victim, me: number, number: number): Promise<{ number: number; text: string }> {
  try {
    const value = number % 2 === 0 ? await victim.work(me, number) : await get(victim.work.remote(me, number))
    return { number, text: value === answerTo(me, number) ? 'ok' : `wrong value ${value}` }
  } catch (error) {
    if (error instanceof ActorUnavailableError) return { number, text: 'unavailable' }
    if (error instanceof ActorDiedError) return { number, text: `died: ${error.message}` }
    return { number, text: `threw ${String(error)}` }
  }
}

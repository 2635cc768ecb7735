import {
  availableResources,
  clusterResources,
  get,
  init,
  kill,
  listActors,
  listTasks,
  listWorkers,
  ready,
  terminate,
} from 'troupe'
import { between, seeded, sleep } from './chance.ts'
import { judge, type Outcomes, type Verdict } from './judge.ts'
import { share } from './platform.ts'
import { countsOfRealm } from './realm.ts'
import { ChaosRecord, points } from './record.ts'
import { Caller, callMany, setUpChaos, Victim } from './victim.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly actors: number
  readonly callsPerActor: number
  /** Kills at each named point, and at random moments. */
  readonly perPoint: number
  readonly atRandom: number
  /** So many random kills more, at most, hit actors that are only starting. */
  readonly startingHits: number
  /** Without any progress for so long the run is given up. */
  readonly patienceMs: number
}

export interface Progress {
  readonly calls: number
  readonly allCalls: number
  readonly kills: number
  readonly allKills: number
}

export interface ChaosReport {
  readonly seed: number
  readonly ms: number
  readonly kills: readonly { readonly where: string; readonly visits: number; readonly kills: number }[]
  readonly restarts: number
  readonly verdicts: readonly Verdict[]
}

const callerCount = 3
const briefCount = 40
const briefCalls = 20

/** Runs actors whose workers are ended all the time, and judges what became of their calls. */
export async function runChaos(options: ChaosOptions, report: (progress: Progress) => void): Promise<ChaosReport> {
  const startedAt = performance.now()
  const run = new Run(options, report)
  await run.start()
  try {
    const outcomes = await run.patiently(run.main())
    const endings = await run.patiently(run.releases())
    const zero = await run.countsAreZero()
    const verdicts = [
      ...judge(run.record, outcomes, run.isRetried, options.callsPerActor / callerCount),
      run.enoughKills(),
      endings,
      zero,
    ]
    return {
      seed: options.seed,
      ms: performance.now() - startedAt,
      kills: run.kills(),
      restarts: run.restarts,
      verdicts,
    }
  } finally {
    await run.stop()
  }
}

class Run {
  readonly record = new ChaosRecord()
  readonly #options: ChaosOptions
  readonly #report: (progress: Progress) => void
  readonly #random: () => number
  readonly #hit = new Set<string>()
  #victims: Victim[] = []
  #callers: ReturnType<typeof Caller.remote>[] = []
  #runtime: AsyncDisposable | undefined
  #unshare = (): void => {}
  #startingHits = 0
  restarts = 0
  #phase = 'start'

  constructor(options: ChaosOptions, report: (progress: Progress) => void) {
    this.#options = options
    this.#report = report
    this.#random = seeded(options.seed)
  }

  readonly isRetried = (victim: number): boolean => victim % 2 === 0

  async start(): Promise<void> {
    const { seed, actors, perPoint, atRandom, callsPerActor } = this.#options
    this.record.set('seed', seed)
    this.record.set('timersLeft', Math.ceil(atRandom / 2))
    this.record.set('mayDie', 1)
    const calls = actors * callsPerActor
    for (const point of points) {
      if (point === 'restart')
        this.record.plan(point, perPoint, [5, Math.max(perPoint + 5, Math.floor(atRandom * 0.7))])
      else if (point === 'release') this.record.plan(point, perPoint, [1, briefCount - 10])
      else this.record.plan(point, perPoint, [20, Math.floor(calls * 0.6)])
    }
    this.#unshare = share(this.record)
    this.#runtime = await init({ numCpus: 8, workerSetup: setUpChaos, logToDriver: true })
    this.#victims = Array.from({ length: actors }, (_, index) => this.#victim(index))
    this.#callers = Array.from({ length: callerCount - 1 }, () => Caller.remote())
    await Promise.all([...this.#victims, ...this.#callers].map((handle) => ready(handle)))
  }

  #victim(index: number): Victim {
    const maxTaskRetries = this.isRetried(index) ? -1 : 0
    return Victim.options({ numCpus: 0.25, maxRestarts: -1, maxTaskRetries }).remote(index)
  }

  /** All calls from all callers, while workers end; resolves with what the callers saw. */
  async main(): Promise<Outcomes> {
    this.#phase = 'calls and kills'
    const { callsPerActor } = this.#options
    const count = callsPerActor / callerCount
    const remote = this.#callers.map((caller, i) => caller.run(i + 1, this.#victims, count))
    const own = Promise.all(
      this.#victims.map((victim, index) => callMany(this.record, { me: 0, victim, index, count })),
    )
    await this.#killAtRandom(count)
    this.record.set('allowed', count)
    const outcomes = [await own, ...(await Promise.all(remote))]
    this.record.set('mayDie', 0)
    this.restarts = (await this.#victimViews()).reduce((sum, { restartCount }) => sum + restartCount, 0)
    return outcomes
  }

  // Half of the random kills come from the driver, half from clocks in the workers, until enough of them led to a restart
  // of their own: two may hit one worker. Calls are let go in proportion.
  async #killAtRandom(count: number): Promise<void> {
    const { atRandom } = this.#options
    let looks = 0
    for (;;) {
      const views = await this.#victimViews()
      this.restarts = views.reduce((sum, { restartCount }) => sum + restartCount, 0)
      const timersLeft = this.record.get('timersLeft')
      if (this.#randomRestarts >= atRandom && timersLeft === 0) return
      const done = Math.min(1, this.#randomRestarts / atRandom)
      this.record.set('allowed', Math.min(count, 6 + Math.floor(done * count)))
      // Perhaps no worker that lives now has a clock.
      const isTurn = this.#hit.size <= this.record.get('timersFired') || ++looks > 20
      if (timersLeft === 0 || isTurn) {
        looks = 0
        this.#killOne(views)
      }
      this.#tell()
      await sleep(between(this.#random, 5, 80))
    }
  }

  /** Restarts that no kill at a named point, and none while starting, accounts for. */
  get #randomRestarts(): number {
    const atPoints = points.reduce((sum, point) => sum + (point === 'release' ? 0 : this.record.killsAt(point)), 0)
    return this.restarts - atPoints - this.#startingHits
  }

  #killOne(views: Awaited<ReturnType<typeof listActors>>): void {
    const index = between(this.#random, 0, this.#victims.length - 1)
    const view = views[index]!
    if (view.state === 'DEAD') throw new Error(`actor ${index} is dead: ${view.death?.message}`)
    if (view.workerId === undefined && this.#startingHits >= this.#options.startingHits) return
    kill(this.#victims[index]!, { noRestart: false })
    if (view.workerId === undefined) this.#startingHits++
    else this.#hit.add(view.workerId)
  }

  async #victimViews(): ReturnType<typeof listActors> {
    return (await listActors({ className: 'Victim' })).slice(0, this.#options.actors)
  }

  /** Ends all actors; some of their workers are ended in the middle of that. */
  async releases(): Promise<Verdict> {
    this.#phase = 'releases'
    for (const victim of this.#victims) victim[Symbol.dispose]()
    const violations: string[] = []
    const tally = { value: 0, died: 0 }
    const first = this.#options.actors
    for (let index = first; index < first + briefCount - this.#options.actors; index += 6) {
      const many = Math.min(6, first + briefCount - this.#options.actors - index)
      await Promise.all(Array.from({ length: many }, (_, i) => this.#endBriefly(index + i, tally, violations)))
      this.#tell()
    }
    const facts = `of the calls of others ${tally.value} gave their value, ${tally.died} came too late or died with their worker`
    return { title: 'terminate() answers the calls made before', facts, violations }
  }

  // The driver's own calls are over when terminate() begins; those of the other callers are not.
  async #endBriefly(index: number, tally: { value: number; died: number }, violations: string[]): Promise<void> {
    const victim = this.#victim(index)
    await ready(victim)
    const caller = this.#callers[index % this.#callers.length]!
    const others = caller.burst(index, victim, briefCalls)
    const own = Array.from({ length: briefCalls }, (_, number) => victim.work.remote(0, number))
    await terminate(victim)
    for (const [number, call] of own.entries()) {
      await get(call).catch((error: Error) => violations.push(`actor ${index}, own call ${number}: ${error.message}`))
      call[Symbol.dispose]()
    }
    const seen = await others
    for (const outcome of seen) {
      if (outcome === 'ok') tally.value++
      else if (outcome.startsWith('died')) tally.died++
      else violations.push(`actor ${index}: ${outcome}`)
    }
    const firstDeath = seen.findIndex((outcome) => outcome !== 'ok')
    if (firstDeath >= 0 && seen.lastIndexOf('ok') > firstDeath)
      violations.push(`actor ${index}: a call died before one that gave its value: ${seen.join(', ')}`)
    victim[Symbol.dispose]()
  }

  /** Nothing is left of it all: neither in the public views nor inside. */
  async countsAreZero(): Promise<Verdict> {
    this.#phase = 'counts'
    const inCallers: string[] = []
    for (const caller of this.#callers) {
      const { local, ...rest } = await caller.counts()
      if (local !== 1 || Object.values(rest).some((count) => count !== 0))
        inCallers.push(`a caller still holds something: ${JSON.stringify(rest)}`)
    }
    for (const caller of this.#callers) caller[Symbol.dispose]()
    let left: string[] = []
    for (let attempt = 0; attempt < 200; attempt++) {
      left = await whatIsLeft()
      if (left.length === 0) break
      await sleep(25)
    }
    return {
      title: 'all counts return to zero',
      facts: 'actors, tasks, workers, resources, handles, refs, calls',
      violations: [...inCallers, ...left],
    }
  }

  enoughKills(): Verdict {
    const { perPoint, atRandom } = this.#options
    const violations = points
      .filter((point) => this.record.killsAt(point) < perPoint)
      .map((point) => `only ${this.record.killsAt(point)} of ${perPoint} kills at ${point}`)
    const random = this.#randomRestarts
    if (random < atRandom) violations.push(`only ${random} of ${atRandom} restarts come from kills at random moments`)
    return { title: 'the kills took place', facts: `${this.restarts} restarts, ${random} by chance`, violations }
  }

  kills(): ChaosReport['kills'] {
    return [
      ...points.map((where) => ({ where, visits: this.record.visitsAt(where), kills: this.record.killsAt(where) })),
      { where: 'random: kill()', visits: Number.NaN, kills: this.#hit.size },
      { where: 'random: in the worker', visits: Number.NaN, kills: this.record.get('timersFired') },
      { where: 'random: while starting', visits: Number.NaN, kills: this.#startingHits },
    ]
  }

  #tell(): void {
    const { actors, callsPerActor, atRandom, perPoint } = this.#options
    this.#report({
      calls: this.record.get('settled'),
      allCalls: actors * callsPerActor,
      kills: this.#killCount,
      allKills: atRandom + perPoint * points.length,
    })
  }

  get #killCount(): number {
    return this.kills().reduce((sum, { kills }) => sum + kills, 0)
  }

  /** Gives up, and says what is pending, when nothing at all happens for long. */
  async patiently<T>(work: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setInterval> | undefined
    let seen = ''
    let since = performance.now()
    const stuck = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        const now = `${this.record.get('lines')} ${this.record.get('settled')} ${this.#killCount} ${this.#phase}`
        if (now !== seen) since = performance.now()
        seen = now
        if (performance.now() - since < this.#options.patienceMs) return
        void this.#describe().then((text) => reject(new Error(`Nothing happens any more (${this.#phase}).\n${text}`)))
      }, 500)
    })
    try {
      return await Promise.race([work, stuck])
    } finally {
      clearInterval(timer)
    }
  }

  async #describe(): Promise<string> {
    const lines = this.record.lines()
    const views = await this.#victimViews()
    const actors = views.map(({ state, incarnation, workerId, restartCount }, victim) => {
      const settled = Array.from({ length: callerCount }, (_, caller) => this.record.settledCount(victim, caller))
      const last = lines.findLast((line) => line.victim === victim)
      return `actor ${victim}: ${state}, incarnation ${incarnation}, worker ${workerId}, ${restartCount} restarts; settled ${settled.join(' ')} of ${this.record.get('allowed')}; last line ${JSON.stringify(last)}`
    })
    const workers = (await listWorkers()).map((worker) => JSON.stringify(worker))
    const tasks = (await listTasks()).map((task) => JSON.stringify(task))
    return [...actors, ...workers, ...tasks, `driver: ${JSON.stringify(countsOfRealm())}`].join('\n')
  }

  async stop(): Promise<void> {
    await this.#runtime?.[Symbol.asyncDispose]()
    this.#unshare()
  }
}

/** What there is still, in words; nothing after a good run. */
async function whatIsLeft(): Promise<string[]> {
  const left: string[] = []
  for (const { actorId, className, state } of await listActors())
    if (state !== 'DEAD') left.push(`${className} ${actorId} is ${state}`)
  for (const task of await listTasks()) left.push(`a task is there: ${JSON.stringify(task)}`)
  for (const worker of await listWorkers()) left.push(`a worker is there: ${JSON.stringify(worker)}`)
  const [available, total] = [await availableResources(), await clusterResources()]
  for (const [name, amount] of Object.entries(total))
    if (available[name] !== amount) left.push(`${name}: ${available[name]} of ${amount} is free`)
  for (const [name, count] of Object.entries(countsOfRealm()))
    if (count !== 0) left.push(`the driver counts ${count} ${name}`)
  return left
}

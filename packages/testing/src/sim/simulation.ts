import { type Invariant, Violation } from './judge.ts'
import type { NodePlan } from './node.ts'
import type { Random } from './random.ts'
import { Workload } from './workload.ts'
import { type SimulationOptions, World } from './world.ts'

/** What one schedule came to. */
export interface Verdict {
  readonly seed: number
  readonly violation: { readonly invariant: Invariant; readonly message: string } | undefined
  /** What happened, when it was asked for. */
  readonly story: readonly string[]
}

const workMs = 9000
const calmMs = 22_000
const endMs = 62_000

/** Plays one schedule: the same seed gives the same one, event by event. */
export function simulate(seed: number, options: SimulationOptions = {}): Verdict {
  const world = new World(seed, planNodes, options)
  try {
    play(world)
    return { seed, violation: undefined, story: world.judge.story ?? [] }
  } catch (error) {
    const invariant = error instanceof Violation ? error.invariant : 'unexpected'
    const message =
      error instanceof Violation ? error.message : error instanceof Error ? (error.stack ?? '') : String(error)
    return { seed, violation: { invariant, message }, story: world.judge.story ?? [] }
  }
}

function planNodes(random: Random): NodePlan[] {
  return Array.from({ length: random.between(1, 4) }, (_, index) => ({
    nodeId: `n${index}`,
    resources: {
      cpus: random.between(1, 4),
      gpus: random.between(0, 2),
      custom: random.chance(0.5) ? { special: random.between(1, 2) } : {},
    },
    labels: random.chance(0.5) ? { zone: random.pick(['a', 'b']) } : {},
  }))
}

function play(world: World): void {
  const { clock, random } = world
  const workload = new Workload(world)
  const stepCount = random.between(5, 45)
  for (let i = 0; i < stepCount; i++) clock.at(random.between(0, workMs), () => workload.step())
  for (let ms = 500; ms < endMs; ms += 500) clock.at(ms, () => world.tick())
  for (let ms = 5000; ms < endMs; ms += 5000)
    clock.at(ms, () => world.coordinator.enter(() => world.coordinator.handle({ type: 'timePassed', nowMs: ms })))
  clock.runUntil(workMs)
  world.mayReturn = false
  clock.runUntil(calmMs)
  // Nobody wants anything any more.
  const killed = { reason: 'KILLED', message: 'the end' } as const
  for (const groupId of workload.groups) world.driver.tell({ type: 'groupRemoved', groupId })
  for (const actorId of workload.detached)
    world.driver.tell({ type: 'actorKilled', actorId, mayRestart: false, death: killed })
  for (const realm of world.realms) for (const remote of [...realm.remotes.values()]) remote.release()
  // Handles that were on their way then.
  clock.runUntil(calmMs + 15_000)
  for (const realm of world.realms) for (const remote of [...realm.remotes.values()]) remote.release()
  clock.runUntil(endMs)
  checkEnd(world)
}

function checkEnd({ coordinator, judge, liveNodes }: World): void {
  judge.checkAllSettled()
  const { state } = coordinator
  for (const { actorId, state: fate } of state.actors()) {
    if (fate !== 'DEAD') judge.fail('counts', `${actorId} is ${fate}, and nobody holds it`)
  }
  if (state.waitingCount > 0) judge.fail('settled', `${state.waitingCount} request(s) wait for ever`)
  for (const { nodeId, total, available } of state.nodes()) {
    const [is, all] = [JSON.stringify(available), JSON.stringify(total)]
    if (is !== all) judge.fail('resources', `${nodeId} has ${is} free of ${all} at the end`)
  }
  for (const { workerId, isLeased, actorIds } of state.workers()) {
    if (isLeased || actorIds.length > 0) judge.fail('counts', `${workerId} is in use at the end`)
  }
  for (const node of liveNodes) node.agent.checkInvariants()
}

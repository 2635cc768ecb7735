import type { GpuState } from '../../src/protocol/gpu-provider.ts'
import { type ActorWish, asked, killed, requestOf } from './cluster-kit.ts'
import type { Simulation } from './cluster-simulation.ts'

/** One step of a run: what happens, and numbers that choose of what there is. */
export interface Step {
  readonly what: keyof typeof happenings
  readonly pick: readonly [number, number, number]
}

/** Lets it happen. */
export function happen(run: Simulation, { what, pick }: Step): void {
  happenings[what](run, pick)
}

function choose<T>(from: readonly T[], at: number): T | undefined {
  return from[at % Math.max(1, from.length)]
}

const amounts: readonly ActorWish[] = [
  {},
  { gpu: 1 },
  { gpu: 0.5 },
  { gpu: 1.5 },
  { gpu: 2, cpu: 1 },
  { cpu: 1 },
  { cpu: 2, custom: { special: 1 } },
  { custom: { special: 0.3 }, gpu: 0.25 },
  { gpu: 9 },
  { gpu: 9, waitForResources: true },
  { gpu: 1, gpuNeeds: { features: ['shader-f16'] } },
  { gpu: 0.5, gpuNeeds: { features: ['shader-f16'] } },
  { gpu: 2, gpuNeeds: { features: ['shader-f16'] } },
]

type Pick = Step['pick']

/** What can happen, by name. */
export const happenings = {
  create: (run: Simulation, [a, b, c]: Pick) => {
    const realm = choose(run.realms, a)!
    const wish: ActorWish = {
      ...choose(amounts, b)!,
      isolation: c % 3 === 0 ? 'shared' : 'worker',
      maxRestarts: [0, 0, 1, -1][c % 4]!,
      isDetached: c % 7 === 0,
    }
    run.create(realm, wish, c % 5 !== 0)
  },
  argumentsReady: (run: Simulation, [a]: Pick) => {
    const unready = run.cluster.state.actors().filter(({ state }) => state === 'DEPENDENCIES_UNREADY')
    const actor = choose(unready, a)
    if (actor !== undefined) run.tell({ type: 'actorDependenciesReady', actorId: actor.actorId })
  },
  kill: (run: Simulation, [a, b, c]: Pick) => {
    const actorId = choose([...run.specs.keys()], a)
    if (actorId === undefined) return
    const event = { type: 'actorKilled', actorId, mayRestart: b % 2 === 0, death: killed } as const
    run.post(choose(run.realms, c)!, event)
  },
  dismiss: (run: Simulation, [a, b]: Pick) => {
    const actorId = choose([...run.specs.keys()], a)
    if (actorId !== undefined) run.post(choose(run.realms, b)!, { type: 'actorDismissed', actorId, death: asked })
  },
  exitItself: (run: Simulation, [a]: Pick) => {
    const actor = choose(
      run.cluster.state.actors().filter(({ state }) => state === 'ALIVE'),
      a,
    )
    if (actor === undefined) return
    const { actorId, incarnation, workerId } = actor
    run.post(workerId!, { type: 'actorEnded', actorId, incarnation, death: asked })
  },
  passHandle: (run: Simulation, [a, b]: Pick) => {
    const held = choose(
      [...run.holds].filter(([, count]) => count > 0).map(([key]) => key),
      a,
    )
    if (held === undefined) return
    const [from, actorId] = held.split(' ') as [string, string]
    // The other may be gone by now without the sender knowing.
    const to = choose(['driver', ...run.workersThatAre('ready', 'stopping', 'gone')], b)!
    run.post(from, { type: 'handlesGranted', actorId, realm: to, count: 1 })
    if (run.workers.get(to) !== 'gone') run.holds.set(`${to} ${actorId}`, (run.holds.get(`${to} ${actorId}`) ?? 0) + 1)
  },
  releaseHandle: (run: Simulation, [a]: Pick) => {
    const held = choose(
      [...run.holds].filter(([, count]) => count > 0),
      a,
    )
    if (held === undefined) return
    const [realm, actorId] = held[0].split(' ') as [string, string]
    run.holds.set(held[0], held[1] - 1)
    run.post(realm, { type: 'handlesReleased', actorId, realm, count: 1 })
  },
  requestLease: (run: Simulation, [a, b]: Pick) => {
    const leaseId = run.nextId('l')
    const realm = choose(run.realms, a)!
    const wish = choose(amounts, b)!
    const request = requestOf(wish)
    run.leases.set(leaseId, { realm, request, state: 'asked' })
    const { waitForResources = false } = wish
    run.post(realm, { type: 'leaseRequested', leaseId, realm, request, waitForResources })
  },
  returnLease: (run: Simulation, [a]: Pick) => {
    const mine = [...run.leases].filter(([, { realm }]) => run.realms.includes(realm))
    const lease = choose(mine, a)
    if (lease !== undefined) run.post(lease[1].realm, { type: 'leaseReturned', leaseId: lease[0] })
  },
  leaseWaits: (run: Simulation, [a, b]: Pick) => {
    const lease = choose([...run.leases], a)
    const worker = run.cluster.state.workers().find(({ isLeased, state }) => isLeased && state === 'ready')
    if (lease === undefined || worker === undefined) return
    run.post(worker.workerId, { type: b % 2 === 0 ? 'leaseBlocked' : 'leaseUnblocked', leaseId: lease[0] })
  },
  revokeLease: (run: Simulation, [a]: Pick) => {
    const lease = choose([...run.leases], a)
    if (lease !== undefined) run.post(lease[1].realm, { type: 'leaseRevoked', leaseId: lease[0] })
  },
  gpusChange: (run: Simulation, [a, b, c]: Pick) => {
    const state = (pick: number): GpuState => (['ok', 'lost', 'gone', 'unknown', 'ok', 'ok'] as const)[pick % 6]!
    run.gpusChange(state(a), state(b))
    if (c % 2 === 0) run.gpusChange('ok', 'ok')
  },
  deliver: (run: Simulation, [a, b]: Pick) => {
    const realm = choose(run.realms, a)!
    for (let i = 0; i <= b % 4; i++) run.deliver(realm)
  },
  workerReady: (run: Simulation, [a]: Pick) => run.workerReady(a),
  workerExits: (run: Simulation, [a]: Pick) => {
    const workerId = choose(run.workersThatAre('starting', 'ready', 'stopping'), a)
    if (workerId !== undefined) run.workerExits(workerId)
  },
  stopped: (run: Simulation, [a]: Pick) => {
    const workerId = choose(run.workersThatAre('stopping'), a)
    if (workerId !== undefined) run.workerExits(workerId)
  },
  reply: (run: Simulation, [a, b]: Pick) => run.reply(a, b % 5 === 0),
  repeat: (run: Simulation, [a]: Pick) => run.repeat(a),
  nodeJoins: (run: Simulation, [a]: Pick) => {
    if (a % 4 !== 0) return
    const resources = { cpus: 2, gpus: a % 3, custom: {} }
    run.tell({ type: 'nodeJoined', nodeId: run.nextId('n'), resources, spareWorkers: 0 })
  },
} as const

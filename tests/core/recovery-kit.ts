import type { ClusterCommand } from '../../src/core/cluster-events.ts'
import type { ClusterState } from '../../src/core/cluster-state.ts'
import type { EndedLife, Endings, NodeReport, RealmReport, WorkerReport } from '../../src/core/node-report.ts'
import { Recovery } from '../../src/core/recovery.ts'
import type { ClusterSnapshot } from '../../src/core/snapshot.ts'

/** What the nodes of a cluster would report if all that its coordinator believes is true. */
export class Truth {
  readonly nodes = new Map<string, NodeReport>()
  readonly realms: RealmReport[]

  constructor(state: ClusterState) {
    const { nodes, workers, actors, leases } = state.snapshot()
    for (const { nodeId, epoch, foreign, reportNumber } of nodes) {
      const own = workers.filter((worker) => worker.nodeId === nodeId)
      const reports = own.map(({ workerId, state: phase, actorIds }): WorkerReport => {
        const isReady = phase !== 'starting'
        const living = isReady ? actors.filter(({ spec }) => actorIds.includes(spec.handle.actorId)) : []
        const lease = leases.find((one) => one.workerId === workerId)
        const lives = living.map(({ spec, incarnation, place, state: fate }) => {
          return { spec, incarnation, allocation: place!.allocation, isMade: fate === 'ALIVE' }
        })
        const allocation = lease?.isBlocked
          ? { ...lease.place!.allocation, demand: lease.demand! }
          : lease?.place?.allocation
        const { leaseId = '', isBlocked = false } = lease ?? {}
        return {
          workerId,
          isReady,
          lives,
          lease: isReady && allocation !== undefined ? { leaseId, allocation, isBlocked } : undefined,
        }
      })
      const ended = nodeId === nodes[0]!.nodeId ? actors.filter(({ state: fate }) => fate === 'DEAD') : []
      this.nodes.set(nodeId, {
        nodeId,
        epoch,
        number: reportNumber + 1,
        workers: reports,
        foreign,
        ended: ended.map(({ spec, incarnation, death }): EndedLife => {
          return { spec, incarnation, death: death!, wasOrdered: false }
        }),
      })
    }
    const realms = ['driver', ...workers.filter((worker) => worker.state !== 'starting').map((one) => one.workerId)]
    this.realms = realms.map((realm) => ({
      realm,
      holds: actors.flatMap(({ spec, holders }) => {
        const count = new Map(holders).get(realm)
        return count === undefined ? [] : [[spec.handle.actorId, count] as const]
      }),
      heard: [],
      requested: [],
      leases: leases.flatMap((one) => (one.realm === realm && !one.isForgotten ? [one.leaseId] : [])),
    }))
  }

  /** A node ends what it is told to end, and reports again. */
  end(nodeId: string, { workers, lives }: Endings): NodeReport {
    const before = this.nodes.get(nodeId)!
    const isOver = (workerId: string, actorId: string): boolean =>
      workers.includes(workerId) || lives.some((one) => one.workerId === workerId && one.actorId === actorId)
    const gone = before.workers.flatMap(({ workerId, lives: living }) =>
      living.filter(({ spec }) => isOver(workerId, spec.handle.actorId)),
    )
    const after: NodeReport = {
      ...before,
      number: before.number + 1,
      workers: before.workers
        .filter(({ workerId }) => !workers.includes(workerId))
        .map((worker) => ({
          ...worker,
          lives: worker.lives.filter(({ spec }) => !isOver(worker.workerId, spec.handle.actorId)),
        })),
      ended: [
        ...before.ended,
        ...gone.map(({ spec, incarnation }) => ({ spec, incarnation, death: undefined, wasOrdered: true })),
      ],
    }
    this.nodes.set(nodeId, after)
    return after
  }
}

/** Takes over from a snapshot; the nodes in `silent` say nothing. */
export function takeOver(
  snapshot: ClusterSnapshot,
  truth: Truth,
  { term = snapshot.term + 1, silent = [] }: { term?: number; silent?: readonly string[] } = {},
): { state: ClusterState; commands: readonly ClusterCommand[]; endings: Endings[] } {
  const recovery = new Recovery(structuredClone(snapshot), { term, nowMs: 0 })
  const endings: Endings[] = []
  for (const report of truth.nodes.values()) {
    if (!silent.includes(report.nodeId)) recovery.reported(report, report.number === 0 ? [] : realmsOf(report, truth))
  }
  if (silent.length > 0) recovery.timePassed(100_000)
  for (let round = 0; round < 5; round++) {
    const all = recovery.endings(0)
    if (recovery.isOver) break
    for (const [nodeId, one] of all) {
      endings.push(one)
      recovery.reported(truth.end(nodeId, one))
    }
  }
  const { state, commands } = recovery.finish()
  state.checkInvariants()
  return { state, commands, endings }
}

// The driver is in the first node.
function realmsOf({ nodeId }: NodeReport, { realms, nodes }: Truth): RealmReport[] {
  const isFirst = nodeId === [...nodes.keys()][0]
  return realms.filter(({ realm }) => (realm === 'driver' ? isFirst : realm.startsWith(`${nodeId}.`)))
}

import type { ActorDirectory } from './actor-directory.ts'
import type { Allocation } from './demand.ts'
import type { GroupBook } from './group-book.ts'
import type { LeaseBook } from './lease-book.ts'
import type { Scheduler } from './scheduler.ts'
import type { Slot } from './slot.ts'
import type { WorkerPool } from './worker-pool.ts'

/** All that the coordinator knows. */
export interface ClusterParts {
  readonly actors: ActorDirectory
  readonly leases: LeaseBook
  readonly groups: GroupBook
  readonly pool: WorkerPool
  readonly scheduler: Scheduler
}

/** Throws when what the coordinator knows cannot be true. */
export function checkClusterInvariants(parts: ClusterParts): void {
  parts.actors.checkInvariants()
  parts.scheduler.checkInvariants()
  checkActors(parts)
  checkWorkers(parts)
  checkSums(parts)
}

function checkActors({ actors, pool }: ClusterParts): void {
  for (const actor of actors.all) {
    const worker = pool.get(actor.workerId)
    if (actor.state === 'ALIVE' && worker === undefined) throw new Error(`bug: ${actor.id} is alive nowhere`)
    if (actor.allocation !== undefined && worker === undefined) {
      throw new Error(`bug: ${actor.id} holds resources without a worker`)
    }
    if (worker !== undefined && !worker.actors.has(actor.id)) {
      throw new Error(`bug: ${worker.id} does not know its actor ${actor.id}`)
    }
    if (actor.spec.maxRestarts >= 0 && actor.restartCount > actor.spec.maxRestarts) {
      throw new Error(`bug: ${actor.id} was restarted ${actor.restartCount} times`)
    }
    const isToWait =
      actor.workerId === undefined && (actor.state === 'PENDING_CREATION' || actor.state === 'RESTARTING')
    if (isToWait !== (actor.waiting?.isQueued ?? false)) {
      throw new Error(`bug: ${actor.id} is ${actor.state} and ${isToWait ? 'waits for nothing' : 'waits'}`)
    }
  }
}

function checkWorkers({ pool, leases }: ClusterParts): void {
  for (const worker of pool.workers) {
    const { id, node, lease, actors } = worker
    if (pool.node(node.id) !== node) throw new Error(`bug: ${id} is on a node that is gone`)
    if (lease !== undefined && actors.size > 0) throw new Error(`bug: ${id} runs tasks beside an actor`)
    if (lease !== undefined && lease.workerId !== id) throw new Error(`bug: ${id} has a lease of ${lease.workerId}`)
    const isIdle = node.idle.includes(worker)
    if (isIdle && worker.state === 'stopping') throw new Error(`bug: ${id} is being ended and counts as idle`)
    if (isIdle && (lease !== undefined || actors.size > 0)) throw new Error(`bug: ${id} is busy and counts as idle`)
  }
  for (const lease of leases.all) {
    const hasWorker = pool.get(lease.workerId)?.lease === lease
    if (hasWorker === lease.isQueued) throw new Error(`bug: the lease ${lease.leaseId} was lost`)
  }
}

/** What is free and what is given out is what there is, on every node and in every bundle. */
function checkSums({ actors, groups, pool }: ClusterParts): void {
  const given = new Map<Slot, Allocation[]>()
  for (const node of pool.nodes) given.set(node.slot, [...groups.reservedOn(node), ...node.foreign])
  for (const slot of groups.slots) {
    if (groups.isLeftOver(slot)) throw new Error(`bug: a group that is over keeps resources of ${slot.node.id}`)
    given.set(slot, [])
  }
  const add = (slot: Slot | undefined, allocation: Allocation | undefined): void => {
    if (slot === undefined || allocation === undefined || allocation.demand.uses === 0) return
    const there = given.get(slot)
    if (there === undefined) throw new Error(`bug: something has resources of ${slot.node.id} that are not kept for it`)
    there.push(allocation)
  }
  for (const { slot, allocation } of actors.all) add(slot, allocation)
  for (const { lease } of pool.workers) add(lease?.slot, lease?.allocation)
  for (const [slot, allocations] of given) slot.ledger.checkInvariants(allocations)
}

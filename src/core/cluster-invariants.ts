import type { ActorDirectory } from './actor-directory.ts'
import type { WorkerPool } from './worker-pool.ts'

/** Throws when what the coordinator knows cannot be true. */
export function checkClusterInvariants(actors: ActorDirectory, pool: WorkerPool): void {
  for (const node of pool.nodes) node.ledger.checkInvariants()
  actors.checkInvariants()
  for (const actor of actors.all) {
    const worker = pool.get(actor.workerId)
    if (actor.state === 'ALIVE' && worker === undefined) throw new Error(`bug: ${actor.id} is alive nowhere`)
    if (actor.allocation !== undefined && worker === undefined) {
      throw new Error(`bug: ${actor.id} holds resources without a worker`)
    }
    if (worker !== undefined && !worker.actors.has(actor.id)) {
      throw new Error(`bug: ${worker.id} does not know its actor ${actor.id}`)
    }
  }
  for (const worker of pool.workers) {
    if (worker.lease !== undefined && worker.actors.size > 0) {
      throw new Error(`bug: ${worker.id} runs tasks beside an actor`)
    }
  }
}

import type { Allocation } from '../core/demand.ts'
import type { GpuStatus } from '../protocol/gpu-provider.ts'
import type { RealmId, WorkerId } from '../protocol/ids.ts'
import type { PortLike } from '../protocol/platform.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import type { Link } from './link.ts'
import type { ActorDuty } from './node-books.ts'

/**
 * What the main realm of a node knows of the rest of the cluster. The node with the coordinator is the head; the others
 * are members, and speak with the head alone: it makes two realms of different nodes known to each other.
 */
export interface ClusterSide {
  /** A worker of this node can be used. */
  workerReady(workerId: WorkerId): void
  /** A worker of this node has ended. */
  workerExited(workerId: WorkerId, exit: WorkerExit): void
  /** This node has room for what was placed on a worker of it, by the id of that duty. */
  assigned(workerId: WorkerId, dutyId: string): void
  /** It has none for an actor that was to share a worker. */
  actorRefused(workerId: WorkerId, actor: ActorDuty): void
  /** It has none for what was placed on a worker, and has ended the worker. */
  workerRefused(workerId: WorkerId): void
  /** What it holds for others than the cluster; `number` grows with every report. */
  nodeReported(foreign: readonly Allocation[], number: number): void
  /** What is known of the GPUs of this node has changed. */
  gpusChanged(all: readonly GpuStatus[]): void
  /** Tells the other nodes that a worker hands its objects over; resolves when all of them know. */
  announceHandOver(workerId: WorkerId): Promise<void>
  /** Gives a realm of another node the port to a realm of this one. False: there is no such node. */
  introduce(asker: RealmId, realm: RealmId, port: PortLike): boolean
  linkClosed(link: Link): void
  /** False: it is nothing that nodes say to each other. */
  onNotice(from: Link, name: string, payload: unknown): boolean
  shutdown(): Promise<void>
}

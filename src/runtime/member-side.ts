import type { Allocation } from '../core/demand.ts'
import type { NodeResources } from '../core/node-ledger.ts'
import type { GpuStatus } from '../protocol/gpu-provider.ts'
import type { RealmId, WorkerId } from '../protocol/ids.ts'
import type { PortLike } from '../protocol/platform.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import type { ClusterSide } from './cluster-side.ts'
import { peerMs, within } from './hand-over.ts'
import { type Introduction, introduce } from './introductions.ts'
import type { Link } from './link.ts'
import type { LocalNode } from './local-node.ts'
import type { ActorDuty, Assignment } from './node-books.ts'
import type { Runtime } from './runtime.ts'

/** What a node tells of itself when it joins. */
export interface NodeFacts {
  readonly resources: NodeResources
  readonly labels: Readonly<Record<string, string>>
}

/** A task may go on when its node has the CPUs. */
export interface LeaseResumption {
  readonly workerId: WorkerId
  readonly leaseId: string
  readonly allocation: Allocation
}

/** The cluster as a node sees it that is not the head: all it knows is the way there. */
export class MemberSide implements ClusterSide {
  readonly #runtime: Runtime
  readonly #local: LocalNode
  readonly #head: Link

  constructor(runtime: Runtime, local: LocalNode, head: Link) {
    this.#runtime = runtime
    this.#local = local
    this.#head = head
  }

  join(facts: NodeFacts): void {
    this.#head.tell('nodeJoined', facts)
  }

  workerReady(workerId: WorkerId): void {
    this.#head.tell('workerReady', workerId)
  }

  workerExited(workerId: WorkerId, exit: WorkerExit): void {
    this.#local.realmLost(workerId)
    this.#head.tell('workerExited', { workerId, exit })
  }

  assigned(workerId: WorkerId, dutyId: string): void {
    this.#head.tell('assigned', { workerId, dutyId })
  }

  actorRefused(workerId: WorkerId, actor: ActorDuty): void {
    this.#head.tell('actorRefused', { workerId, actor })
  }

  workerRefused(workerId: WorkerId): void {
    this.#local.realmLost(workerId)
    this.#head.tell('workerRefused', workerId)
  }

  nodeReported(foreign: readonly Allocation[], number: number): void {
    this.#head.tell('nodeReported', { foreign, number })
  }

  gpusChanged(all: readonly GpuStatus[]): void {
    this.#head.tell('nodeGpusChanged', all)
  }

  async announceHandOver(workerId: WorkerId): Promise<void> {
    await within(2 * peerMs, this.#head.ask('announceHandOver', workerId))
  }

  introduce(asker: RealmId, realm: RealmId, port: PortLike): boolean {
    if (this.#head.connection.isClosed) return false
    this.#head.tell('introduce', { asker, realm, port }, [port])
    return true
  }

  onNotice(from: Link, name: string, payload: unknown): boolean {
    if (from !== this.#head) return false
    switch (name) {
      case 'startWorker': {
        const { workerId, name: label } = payload as { workerId: WorkerId; name: string }
        this.#local.startWorker(workerId, label)
        return true
      }
      case 'stopWorker': {
        const { workerId, isGraceful } = payload as { workerId: WorkerId; isGraceful: boolean }
        this.#local.stopWorker(workerId, isGraceful)
        return true
      }
      case 'assign':
        this.#local.books.assign(payload as Assignment)
        return true
      case 'unassign': {
        const { workerId, dutyId } = payload as { workerId: WorkerId; dutyId: string }
        this.#local.books.unassign(workerId, dutyId)
        return true
      }
      case 'blockLease': {
        const { workerId, leaseId } = payload as { workerId: WorkerId; leaseId: string }
        this.#local.books.block(workerId, leaseId)
        return true
      }
      case 'resumeLease': {
        const { workerId, leaseId, allocation } = payload as LeaseResumption
        this.#local.books.resume(workerId, leaseId, allocation)
        return true
      }
      case 'realmLost':
        this.#local.realmLost(String(payload))
        return true
      case 'introduce': {
        const { asker = from.peer, realm, port } = payload as Introduction
        introduce(this.#runtime, asker, realm, port)
        return true
      }
      default:
        return false
    }
  }

  // Without the head nothing of this node is wanted any more.
  linkClosed(link: Link): void {
    if (link === this.#head) void this.#runtime.shutdown()
  }

  async shutdown(): Promise<void> {}
}

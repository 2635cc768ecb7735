import type { Allocation } from '../core/demand.ts'
import type { GpuStatus } from '../protocol/gpu-provider.ts'
import type { NodeId, RealmId, WorkerId } from '../protocol/ids.ts'
import { mainOf } from '../protocol/ids.ts'
import type { PortLike, WorkerHost } from '../protocol/platform.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import type { ClusterSide } from './cluster-side.ts'
import type { Coordinator } from './coordinator.ts'
import type { DriverOptions } from './driver.ts'
import { peerMs, within } from './hand-over.ts'
import { type Introduction, introduce } from './introductions.ts'
import type { Link } from './link.ts'
import type { LocalNode } from './local-node.ts'
import type { LeaseResumption, NodeFacts } from './member-side.ts'
import type { ActorDuty, Assignment } from './node-books.ts'
import type { Runtime } from './runtime.ts'

/** How a cluster was started. */
export interface ClusterTerms {
  readonly options: DriverOptions
  readonly runId: string
  /** Where the workers of all of its nodes are started. */
  readonly workers: WorkerHost
}

interface Member {
  readonly link: Link
  readonly workers: Set<WorkerId>
}

/** The cluster as the head sees it: its own workers, and the other nodes. */
export class HeadSide implements ClusterSide {
  readonly #runtime: Runtime
  readonly #local: LocalNode
  readonly #members = new Map<NodeId, Member>()
  /** What every node of the cluster is told alike. */
  readonly terms: ClusterTerms
  coordinator!: Coordinator

  constructor(runtime: Runtime, local: LocalNode, terms: ClusterTerms) {
    this.#runtime = runtime
    this.#local = local
    this.terms = terms
  }

  hasMember(nodeId: NodeId): boolean {
    return this.#members.has(nodeId)
  }

  /** The main realms of the other nodes. */
  get memberIds(): Iterable<NodeId> {
    return this.#members.keys()
  }

  /** A node has a link to this one; it joins when it tells what it has. */
  addMember(link: Link): void {
    this.#runtime.addLink(link)
    this.#members.set(link.peer, { link, workers: new Set() })
  }

  /** The way to a realm of the cluster; undefined: it has ended, or its node has. */
  link(realm: RealmId): Link | undefined {
    const own = this.#local.link(realm)
    if (own !== undefined) return own
    return this.#members.has(mainOf(realm)) && !this.#runtime.isLost(realm) ? this.#runtime.linkTo(realm) : undefined
  }

  startWorker(workerId: WorkerId, name: string): void {
    if (this.isOwn(workerId)) return this.#local.startWorker(workerId, name)
    const member = this.#memberOf(workerId)
    // Its node was lost just now: the coordinator is about to hear of it.
    if (member === undefined) return
    member.workers.add(workerId)
    member.link.tell('startWorker', { workerId, name })
  }

  stopWorker(workerId: WorkerId, isGraceful: boolean): void {
    const member = this.#memberOf(workerId)
    if (member === undefined) this.#local.stopWorker(workerId, isGraceful)
    else member.link.tell('stopWorker', { workerId, isGraceful })
  }

  // A node that was lost just now has nothing any more: the coordinator is about to hear of it.

  /** True: this node has taken it at once. Another node answers later. */
  assign(assignment: Assignment): boolean {
    if (this.isOwn(assignment.workerId)) return this.#local.books.take(assignment)
    this.#memberOf(assignment.workerId)?.link.tell('assign', assignment)
    return false
  }

  unassign(workerId: WorkerId, dutyId: string): void {
    if (this.isOwn(workerId)) this.#local.books.unassign(workerId, dutyId)
    else this.#memberOf(workerId)?.link.tell('unassign', { workerId, dutyId })
  }

  blockLease(workerId: WorkerId, leaseId: string): void {
    if (this.isOwn(workerId)) this.#local.books.block(workerId, leaseId)
    else this.#memberOf(workerId)?.link.tell('blockLease', { workerId, leaseId })
  }

  resumeLease(resumption: LeaseResumption): void {
    const { workerId, leaseId, allocation } = resumption
    if (this.isOwn(workerId)) this.#local.books.resume(workerId, leaseId, allocation)
    else this.#memberOf(workerId)?.link.tell('resumeLease', resumption)
  }

  /** Whether it is a realm of this node. */
  isOwn(realm: RealmId): boolean {
    return mainOf(realm) === this.#runtime.realmId
  }

  #memberOf(realm: RealmId): Member | undefined {
    return this.#members.get(mainOf(realm))
  }

  // ---- what happens on this node

  workerReady(workerId: WorkerId): void {
    this.coordinator.handle({ type: 'workerReady', workerId })
  }

  workerExited(workerId: WorkerId, exit: WorkerExit): void {
    this.#realmEnded(workerId)
    if (!this.#runtime.isShutDown) this.coordinator.handle({ type: 'workerExited', workerId, exit })
  }

  assigned(workerId: WorkerId, dutyId: string): void {
    this.coordinator.assignments.assigned(workerId, dutyId)
  }

  actorRefused(workerId: WorkerId, actor: ActorDuty): void {
    this.coordinator.assignments.refused(workerId, actor)
    this.coordinator.handle({ type: 'actorRefused', actorId: actor.actorId, incarnation: actor.incarnation })
  }

  workerRefused(workerId: WorkerId): void {
    this.#realmEnded(workerId)
    if (!this.#runtime.isShutDown) this.coordinator.handle({ type: 'workerRefused', workerId })
  }

  nodeReported(foreign: readonly Allocation[], number: number): void {
    this.#reported(this.#runtime.nodeId, foreign, number)
  }

  #reported(nodeId: NodeId, foreign: readonly Allocation[], number: number): void {
    this.coordinator.handle({ type: 'nodeReported', nodeId, foreign, number })
  }

  gpusChanged(gpus: readonly GpuStatus[]): void {
    this.coordinator.handle({ type: 'nodeGpusChanged', nodeId: this.#runtime.nodeId, gpus })
  }

  async announceHandOver(workerId: WorkerId): Promise<void> {
    const others = [...this.#members.values()].filter(({ link }) => link.peer !== mainOf(workerId))
    await Promise.all(others.map(({ link }) => within(peerMs, link.ask('handsOver', workerId))))
  }

  // Everybody hears of it before anything that the coordinator makes of it.
  #realmEnded(realm: RealmId): void {
    const member = this.#memberOf(realm)
    member?.workers.delete(realm)
    this.#local.realmLost(realm)
    for (const other of this.#members.values()) if (other !== member) other.link.tell('realmLost', realm)
    this.coordinator.realmLost(realm)
  }

  // ---- what members say

  introduce(asker: RealmId, realm: RealmId, port: PortLike): boolean {
    const member = this.#memberOf(realm)
    if (member === undefined || member.link.connection.isClosed) return false
    member.link.tell('introduce', { asker, realm, port }, [port])
    return true
  }

  onNotice(from: Link, name: string, payload: unknown): boolean {
    const member = this.#members.get(from.peer)
    if (member === undefined || member.link !== from) return false
    switch (name) {
      case 'nodeJoined':
        this.coordinator.handle({
          type: 'nodeJoined',
          nodeId: from.peer,
          spareWorkers: 0,
          isRemote: true,
          ...(payload as NodeFacts),
        })
        return true
      case 'workerReady':
        if (member.workers.has(String(payload))) this.workerReady(String(payload))
        return true
      case 'workerExited': {
        const { workerId, exit } = payload as { workerId: WorkerId; exit: WorkerExit }
        if (member.workers.has(workerId)) this.workerExited(workerId, exit)
        return true
      }
      case 'assigned': {
        const { workerId, dutyId } = payload as { workerId: WorkerId; dutyId: string }
        if (member.workers.has(workerId)) this.assigned(workerId, dutyId)
        return true
      }
      case 'actorRefused': {
        const { workerId, actor } = payload as { workerId: WorkerId; actor: ActorDuty }
        if (member.workers.has(workerId)) this.actorRefused(workerId, actor)
        return true
      }
      case 'workerRefused':
        if (member.workers.has(String(payload))) this.workerRefused(String(payload))
        return true
      case 'nodeReported': {
        const { foreign, number } = payload as { foreign: readonly Allocation[]; number: number }
        this.#reported(from.peer, foreign, number)
        return true
      }
      case 'nodeGpusChanged':
        this.coordinator.handle({ type: 'nodeGpusChanged', nodeId: from.peer, gpus: payload as readonly GpuStatus[] })
        return true
      case 'introduce': {
        const { asker = from.peer, realm, port } = payload as Introduction
        if (mainOf(asker) === from.peer) introduce(this.#runtime, asker, realm, port)
        else port.close()
        return true
      }
      default:
        return false
    }
  }

  linkClosed(link: Link): void {
    const member = this.#members.get(link.peer)
    if (member?.link === link && !this.#runtime.isShutDown) this.#memberLost(link.peer, member)
  }

  #memberLost(nodeId: NodeId, member: Member): void {
    this.#members.delete(nodeId)
    for (const realm of [...member.workers, nodeId]) this.#realmEnded(realm)
    this.coordinator.handle({ type: 'nodeLost', nodeId })
  }

  async shutdown(): Promise<void> {
    const leaving = [...this.#members.values()].map(({ link }) => link.ask('shutdown', undefined).catch(() => {}))
    await Promise.all(leaving)
  }
}

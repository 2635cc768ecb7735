import type { NodeId, RealmId, WorkerId } from '../protocol/ids.ts'
import { mainOf } from '../protocol/ids.ts'
import type { PortLike } from '../protocol/platform.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import type { ClusterSide } from './cluster-side.ts'
import type { Coordinator } from './coordinator.ts'
import type { DriverOptions } from './driver.ts'
import { peerMs, within } from './hand-over.ts'
import { type Introduction, introduce } from './introductions.ts'
import type { Link } from './link.ts'
import type { LocalNode } from './local-node.ts'
import type { NodeFacts } from './member-side.ts'
import type { Runtime } from './runtime.ts'

/** How a cluster was started. */
export interface ClusterTerms {
  readonly options: DriverOptions
  readonly runId: string
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
    if (mainOf(workerId) === this.#runtime.realmId) return this.#local.startWorker(workerId, name)
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

import type { ActorView, ClusterCommand, ClusterEvent, Origin } from '../../../../src/core/cluster-events.ts'
import { ClusterState } from '../../../../src/core/cluster-state.ts'
import { LeaseWatch } from '../../../../src/core/node-lease.ts'
import type { ActorSpec } from '../../../../src/protocol/specs.ts'
import { checkFair, type Line, lineOf } from './fairness.ts'
import { Violation } from './judge.ts'
import type { SimulatedNode } from './node.ts'
import type { Realm } from './realm.ts'
import type { World } from './world.ts'

type EventOf<T extends ClusterEvent['type']> = Extract<ClusterEvent, { readonly type: T }>

/** The shell around the real ClusterState: it carries commands out over the network, as `Coordinator` does. */
export class SimulatedCoordinator {
  readonly state = new ClusterState()
  readonly #world: World
  readonly #watch = new LeaseWatch()
  readonly #watchers = new Map<string, Set<Realm>>()
  readonly #epochs = new Map<string, number>()
  #line: Line = lineOf(this.state)

  constructor(world: World) {
    this.#world = world
  }

  handle(event: ClusterEvent, origin?: Origin): void {
    const { judge } = this.#world
    judge.tell(() => `→ ${describe(event)}${origin === undefined ? '' : ` (${origin.nodeId}@${origin.epoch})`}`)
    if (event.type === 'nodeJoined')
      this.#epochs.set(event.nodeId, Math.max(event.epoch!, this.#epochs.get(event.nodeId) ?? 0))
    const before = this.#line
    const gone = this.#endedBy(event, origin)
    let commands: ClusterCommand[]
    try {
      commands = this.state.handle(event, origin)
      this.state.checkInvariants()
    } catch (error) {
      if (error instanceof Violation) throw error
      throw new Violation('state', error instanceof Error ? error.message : String(error))
    }
    this.#line = lineOf(this.state, before)
    checkFair(this.state, event, { before, after: this.#line, commands, judge })
    // Whoever hears of an actor's next life has heard of the end of its last worker.
    if (gone.length > 0) this.#tellLost(gone)
    for (const command of commands) {
      judge.tell(() => `    ← ${describe(command)}`)
      this.#carryOut(command)
    }
  }

  // The realms that the event says are gone, which all others must hear of.
  #endedBy(event: ClusterEvent, origin: Origin | undefined): string[] {
    if (event.type === 'workerExited' || event.type === 'workerRefused') return [event.workerId]
    if (event.type !== 'nodeLost' && event.type !== 'nodeJoined') return []
    const node = this.state.nodes().find(({ nodeId }) => nodeId === event.nodeId)
    const isLost =
      node !== undefined && (event.type === 'nodeLost' ? node.epoch === event.epoch : node.epoch < event.epoch!)
    if (!isLost || origin !== undefined) return []
    this.#world.judge.nodeLost(`${node.nodeId}@${node.epoch}`)
    this.#world.checkEnded(node.nodeId, node.epoch)
    const workers = this.state.workers().filter(({ nodeId }) => nodeId === event.nodeId)
    return workers.map(({ workerId }) => workerId)
  }

  #tellLost(realms: readonly string[]): void {
    for (const realm of this.#world.realms) {
      this.#toRealm(realm, () => {
        for (const id of realms) realm.realmLost(id)
      })
    }
  }

  // ---- nodes

  joined(event: EventOf<'nodeJoined'>): void {
    this.#watch.joined(event.nodeId, event.epoch!, this.#world.clock.nowMs)
    this.handle(event)
  }

  heartbeat(node: SimulatedNode, sentMs: number): void {
    const isKnown = this.#watch.heard(node.nodeId, node.epoch, this.#world.clock.nowMs)
    this.#world.network.send(this.#world.coordinatorNode, node, 'beats', () => node.answered(sentMs, isKnown))
  }

  tick(): void {
    for (const { nodeId, epoch } of this.#watch.lost(this.#world.clock.nowMs)) {
      if (nodeId !== 'n0') this.handle({ type: 'nodeLost', nodeId, epoch })
    }
  }

  #toNode(nodeId: string, deliver: (there: SimulatedNode) => void): void {
    const there = this.#world.liveNode(nodeId)
    // What is meant for one life of a node never reaches the next.
    if (there === undefined || this.#epochs.get(nodeId) !== there.epoch) return
    this.#world.network.send(this.#world.coordinatorNode, there, 'orders', () => deliver(there))
  }

  // ---- realms

  create(spec: ActorSpec, realm: Realm, isReady: boolean): void {
    const { actorId } = spec.handle
    const isTaken = spec.name !== undefined && this.state.findName('default', spec.name) !== undefined
    const refusal = isTaken ? undefined : this.state.refusalOf(spec.request, spec.placementCpu)
    if (isTaken || refusal !== undefined) {
      const why = isTaken ? 'name taken' : 'unschedulable'
      return this.#toRealm(realm, () => realm.remotes.get(actorId)?.fail(why))
    }
    this.#watchers.set(actorId, new Set([realm]))
    const isThere = this.state.actor(spec.creator)?.workerId === realm.id
    const creator = isThere ? spec.creator : realm.id
    this.handle({ type: 'actorRequested', spec: { ...spec, creator }, isReady }, realm.origin)
  }

  watch(actorId: string, realm: Realm): void {
    const view = this.state.actor(actorId)
    if (view === undefined) return this.#toRealm(realm, () => realm.remotes.get(actorId)?.fail('gone'))
    const watchers = this.#watchers.get(actorId) ?? new Set()
    this.#watchers.set(actorId, watchers.add(realm))
    this.#toRealm(realm, () => realm.onView(view))
  }

  unwatch(actorId: string, realm: Realm): void {
    this.#watchers.get(actorId)?.delete(realm)
  }

  #toRealm(realm: Realm, deliver: () => void): void {
    this.#world.network.send(this.#world.coordinatorNode, realm.node, `to ${realm.id}`, () => {
      if (!realm.isDead) deliver()
    })
  }

  // ---- commands

  #carryOut(command: ClusterCommand): void {
    const { state } = this
    switch (command.type) {
      case 'startWorker':
        return this.#toNode(command.nodeId, (node) => node.startWorker(command.workerId))
      case 'stopWorker':
        return this.#toNode(nodeOf(command.workerId), (node) => node.stopWorker(command.workerId))
      case 'createActor': {
        const { actorId, incarnation, workerId } = command
        const spec = state.actorSpec(actorId)!
        const { allocation } = state.placeOf(actorId)!
        return this.#toNode(nodeOf(workerId), (node) => node.createActor(spec, incarnation, { workerId, allocation }))
      }
      case 'dismissActor': {
        const { actorId, incarnation, workerId, death } = command
        return this.#toNode(nodeOf(workerId), (node) =>
          node.workers
            .get(workerId)
            ?.dismiss(actorId, () => node.report({ type: 'actorEnded', actorId, incarnation, death })),
        )
      }
      case 'dropActor': {
        const { actorId, incarnation, workerId } = command
        return this.#toNode(nodeOf(workerId), (node) => {
          const worker = node.workers.get(workerId)
          if (worker === undefined) return
          worker.drop(actorId, incarnation)
          node.report({ type: 'actorDropped', actorId, incarnation })
        })
      }
      case 'publishActor':
        return this.#publish(state.actor(command.actorId))
      case 'grantLease': {
        const { leaseId, realm, workerId } = command
        const { allocation } = state.placeOf(leaseId)!
        return this.#toNode(nodeOf(workerId), (node) => node.grantLease(leaseId, realm, { workerId, allocation }))
      }
      case 'closeLease':
        return this.#toNode(nodeOf(command.workerId), (node) => node.closeLease(command.leaseId, command.workerId))
      case 'resumeLease':
        return this.#toNode(nodeOf(command.workerId), (node) => node.resumeLease(command.leaseId, command.workerId))
      case 'refuseLease':
        return this.#toRealmNamed(command.realm, (realm) => realm.tasks.refused(command.leaseId, command.refusal))
      case 'endLease':
        return this.#toRealmNamed(command.realm, (realm) => realm.tasks.ended(command.leaseId, command.exit))
      case 'publishGroup':
      case 'reportPending':
    }
  }

  #toRealmNamed(realmId: string, deliver: (realm: Realm) => void): void {
    const realm = this.#world.realm(realmId)
    if (realm !== undefined) this.#toRealm(realm, () => deliver(realm))
  }

  #publish(view: ActorView | undefined): void {
    if (view === undefined) return
    if (view.state === 'ALIVE') this.#world.judge.countsAsAlive(`${view.actorId}#${view.incarnation}`)
    if (view.death?.reason === 'OUT_OF_SCOPE') this.#world.checkUnheld(view.actorId)
    for (const realm of this.#watchers.get(view.actorId) ?? []) this.#toRealm(realm, () => realm.onView(view))
    if (view.state === 'DEAD') this.#watchers.delete(view.actorId)
  }
}

function nodeOf(workerId: string): string {
  return workerId.slice(0, workerId.lastIndexOf('.'))
}

function describe(what: ClusterEvent | ClusterCommand): string {
  const { type, ...rest } = what
  const short =
    'spec' in rest ? { ...rest, spec: 'handle' in rest.spec ? rest.spec.handle.actorId : rest.spec.groupId } : rest
  return `${type} ${JSON.stringify(short)}`
}

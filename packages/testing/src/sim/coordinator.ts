import type { ActorView, ClusterCommand, ClusterEvent, Origin } from '../../../../src/core/cluster-events.ts'
import { ClusterState } from '../../../../src/core/cluster-state.ts'
import { LeaseWatch } from '../../../../src/core/node-lease.ts'
import type { Endings, NodeReport } from '../../../../src/core/node-report.ts'
import { Recovery } from '../../../../src/core/recovery.ts'
import type { ClusterSnapshot } from '../../../../src/core/snapshot.ts'
import { TermHold } from '../../../../src/core/term.ts'
import type { ActorSpec } from '../../../../src/protocol/specs.ts'
import { checkFair, type Line, lineOf } from './fairness.ts'
import { Violation } from './judge.ts'
import type { Process } from './network.ts'
import type { SimulatedNode } from './node.ts'
import type { Realm, RealmState } from './realm.ts'
import type { World } from './world.ts'

type EventOf<T extends ClusterEvent['type']> = Extract<ClusterEvent, { readonly type: T }>

/** What a coordinator starts from that takes over. */
interface Replica {
  readonly snapshot: ClusterSnapshot
  readonly term: number
  readonly joining: ReadonlyMap<string, number>
}

/** After this time all realms have said what they hold. */
const graceMs = 5000

/** The shell around the real ClusterState: it carries commands out over the network, as `Coordinator` does. */
export class SimulatedCoordinator {
  state = new ClusterState()
  readonly #world: World
  readonly #watch = new LeaseWatch()
  readonly #watchers = new Map<string, Set<Realm>>()
  readonly #epochs = new Map<string, number>()
  #line: Line = lineOf(this.state)
  #eventCount = 0
  readonly term: number
  readonly process: Process
  readonly hold: TermHold
  isDead = false
  frozenUntilMs = 0
  /** While it takes over: what came meanwhile waits. */
  #recovery: Recovery | undefined
  #asked: Recovery['asked'] = []
  readonly #realms: RealmState[] = []
  readonly #held: (() => void)[] = []
  readonly #joining = new Set<string>()

  constructor(world: World, processId: string, replica?: Replica) {
    this.#world = world
    this.term = replica?.term ?? 1
    this.hold = new TermHold(world.clock.nowMs)
    this.process = { nodeId: processId, enter: (act) => this.enter(act) }
    if (replica === undefined) return
    this.state = ClusterState.restore(replica.snapshot, replica.term)
    this.#recovery = new Recovery(replica.snapshot, { ...replica, nowMs: world.clock.nowMs })
    this.#asked = this.#recovery.asked
    for (const { nodeId, epoch } of this.#asked) this.#epochs.set(nodeId, epoch)
  }

  /** Something happens in its process: later when it is frozen, never when it is dead. */
  enter(act: () => void): void {
    if (this.isDead) return
    const { clock } = this.#world
    if (this.frozenUntilMs > clock.nowMs) return clock.at(this.frozenUntilMs, () => this.enter(act))
    act()
  }

  get isTakingOver(): boolean {
    return this.#recovery !== undefined
  }

  get #isCurrent(): boolean {
    return this.#world.coordinator === this
  }

  // ---- taking over

  /** Asks all nodes what they hold. */
  inquire(): void {
    for (const node of this.#world.liveNodes) this.#toNode(node.nodeId, (there) => there.inquired(this), true)
  }

  /** A node says what it holds, and what its realms hold when it is asked first. */
  reported(report: NodeReport, realms: readonly RealmState[]): void {
    this.#world.judge.tell(
      () => `→ term ${this.term}: ${report.nodeId}@${report.epoch} reports ${report.workers.length} worker(s)`,
    )
    const isKnown = this.#recovery?.reported(
      report,
      realms.map((realm) => realm.report),
    )
    if (isKnown === true) this.#realms.push(...realms)
    else if (isKnown === false) this.#toNode(report.nodeId, (there) => there.answered(0, false), true)
    this.#goOn()
  }

  /** A node has ended what it had. */
  nodeGone(nodeId: string, epoch: number): void {
    this.#recovery?.nodeGone(nodeId, epoch)
    this.#goOn()
  }

  #goOn(): void {
    const recovery = this.#recovery
    if (recovery === undefined) return
    const { clock } = this.#world
    recovery.timePassed(clock.nowMs)
    for (const [nodeId, endings] of recovery.endings(clock.nowMs)) this.#orderEndings(nodeId, endings)
    if (!recovery.isOver) return
    this.#recovery = undefined
    this.#finish(recovery)
  }

  #orderEndings(nodeId: string, endings: Endings): void {
    this.#world.judge.tell(() => `    ← ${nodeId} must end ${JSON.stringify(endings)}`)
    this.#toNode(nodeId, (there) => there.endSuperfluous(endings), true)
  }

  #finish(recovery: Recovery): void {
    const { judge, clock } = this.#world
    const before = [...this.state.nodes(), ...this.#asked]
    let commands: readonly ClusterCommand[]
    try {
      const next = recovery.finish()
      this.state = next.state
      commands = next.commands
      this.state.checkInvariants()
    } catch (error) {
      throw new Violation('state', error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
    judge.tell(() => `term ${this.term} has taken over`)
    const present = new Map(this.state.nodes().map((node) => [node.nodeId, node.epoch]))
    for (const { nodeId, epoch } of before) {
      if (present.get(nodeId) === epoch) this.#watch.joined(nodeId, epoch, clock.nowMs)
      else this.#countAsLost(nodeId, epoch)
    }
    this.#line = lineOf(this.state)
    const living = new Set(['n0', ...this.state.workers().map(({ workerId }) => workerId)])
    for (const { realm } of this.#realms) this.#toRealm(realm, () => realm.onlyThese(living, this.term))
    for (const { realm, watched } of this.#realms) for (const actorId of watched) this.#watchedBy(actorId).add(realm)
    for (const command of commands) {
      judge.tell(() => `    ← ${describe(command)}`)
      this.#carryOut(command)
    }
    for (const { realm, report } of this.#realms) {
      for (const { spec, isReady, isHeld } of report.requested) {
        if (isHeld && this.state.actor(spec.handle.actorId) === undefined) this.create(spec, realm, isReady)
      }
    }
    for (const { realm, watched } of this.#realms) for (const actorId of watched) this.watch(actorId, realm)
    for (const act of this.#held.splice(0)) act()
    clock.after(graceMs, () => this.enter(() => this.handle({ type: 'holdersKnown' })))
    this.#world.succession?.tookOver(this)
  }

  #watchedBy(actorId: string): Set<Realm> {
    let watchers = this.#watchers.get(actorId)
    if (watchers === undefined) this.#watchers.set(actorId, (watchers = new Set()))
    return watchers
  }

  handle(event: ClusterEvent, origin?: Origin): void {
    if (this.#recovery !== undefined) return void this.#held.push(() => this.handle(event, origin))
    const { judge, replacedEvery, succession } = this.#world
    // By a copy of itself, which must make no difference.
    if (replacedEvery !== undefined && ++this.#eventCount % replacedEvery === 0)
      this.state = ClusterState.restore(structuredClone(this.state.snapshot()), this.state.term)
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
    if (succession !== undefined) succession.handled(this)
  }

  // The realms that the event says are gone, which all others must hear of.
  #endedBy(event: ClusterEvent, origin: Origin | undefined): string[] {
    if (event.type === 'workerExited' || event.type === 'workerRefused') return [event.workerId]
    if (event.type !== 'nodeLost' && event.type !== 'nodeJoined') return []
    const node = this.state.nodes().find(({ nodeId }) => nodeId === event.nodeId)
    const isLost =
      node !== undefined && (event.type === 'nodeLost' ? node.epoch === event.epoch : node.epoch < event.epoch!)
    if (!isLost || origin !== undefined) return []
    this.#countAsLost(node.nodeId, node.epoch)
    const workers = this.state.workers().filter(({ nodeId }) => nodeId === event.nodeId)
    return workers.map(({ workerId }) => workerId)
  }

  // What one that was replaced believes is nothing to judge by.
  #countAsLost(nodeId: string, epoch: number): void {
    if (!this.#isCurrent) return
    this.#world.judge.nodeLost(`${nodeId}@${epoch}`)
    this.#world.checkEnded(nodeId, epoch)
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
    const { succession } = this.#world
    const { nodeId, epoch } = event
    this.#joining.add(`${nodeId}@${epoch}`)
    if (this.#recovery !== undefined) {
      this.nodeGone(nodeId, epoch! - 1)
      // That may have been the last it waited for.
      return this.#recovery === undefined ? this.joined(event) : void this.#held.push(() => this.joined(event))
    }
    if (succession === undefined) this.#admit(event)
    else succession.announce(nodeId, epoch!, () => this.enter(() => this.#admit(event)))
  }

  #admit(event: EventOf<'nodeJoined'>): void {
    this.#joining.delete(`${event.nodeId}@${event.epoch}`)
    this.#watch.joined(event.nodeId, event.epoch!, this.#world.clock.nowMs)
    this.handle(event)
  }

  heartbeat(node: SimulatedNode, sentMs: number): void {
    const { nodeId, epoch } = node
    const { clock, network } = this.#world
    // Where nobody takes over there is no arbiter to ask.
    if (this.#world.succession !== undefined && !this.hold.maySpeak(clock.nowMs)) return
    if (this.#joining.has(`${nodeId}@${epoch}`)) return
    const isKnown = this.#recovery?.knows(nodeId, epoch) ?? this.#watch.heard(nodeId, epoch, clock.nowMs)
    network.send(this.process, node, 'beats', () => {
      if (node.obeys(this)) node.answered(sentMs, isKnown)
    })
  }

  tick(): void {
    if (this.#recovery !== undefined) return this.#goOn()
    for (const { nodeId, epoch } of this.#watch.lost(this.#world.clock.nowMs)) {
      if (nodeId !== 'n0') this.handle({ type: 'nodeLost', nodeId, epoch })
    }
  }

  #toNode(nodeId: string, deliver: (there: SimulatedNode) => void, isInquiry = false): void {
    const there = this.#world.liveNode(nodeId)
    // What is meant for one life of a node never reaches the next.
    if (there === undefined || this.#epochs.get(nodeId) !== there.epoch) return
    this.#world.network.send(this.process, there, 'orders', () => {
      if (isInquiry || there.obeys(this)) deliver(there)
    })
  }

  // ---- realms

  create(spec: ActorSpec, realm: Realm, isReady: boolean): void {
    if (this.#recovery !== undefined) return void this.#held.push(() => this.create(spec, realm, isReady))
    const { actorId } = spec.handle
    const isTaken = spec.name !== undefined && this.state.findName('default', spec.name) !== undefined
    const refusal = isTaken ? undefined : this.state.refusalOf(spec.request, spec.placementCpu)
    if (isTaken || refusal !== undefined) {
      const why = isTaken ? 'name taken' : 'unschedulable'
      return this.#toRealm(realm, () => realm.refused(actorId, why))
    }
    this.#watchers.set(actorId, new Set([realm]))
    const isThere = this.state.actor(spec.creator)?.workerId === realm.id
    const creator = isThere ? spec.creator : realm.id
    this.handle({ type: 'actorRequested', spec: { ...spec, creator }, isReady }, realm.origin)
  }

  watch(actorId: string, realm: Realm): void {
    if (this.#recovery !== undefined) return void this.#held.push(() => this.watch(actorId, realm))
    const view = this.state.actor(actorId)
    if (view === undefined) return this.#toRealm(realm, () => realm.refused(actorId, 'gone'))
    this.#watchedBy(actorId).add(realm)
    this.#toRealm(realm, () => realm.onView(view))
  }

  unwatch(actorId: string, realm: Realm): void {
    if (this.#recovery !== undefined) return void this.#held.push(() => this.unwatch(actorId, realm))
    this.#watchers.get(actorId)?.delete(realm)
  }

  #toRealm(realm: Realm, deliver: () => void): void {
    this.#world.network.send(this.process, realm.node, `to ${realm.id}`, () => {
      if (!realm.isDead && realm.node.obeys(this)) deliver()
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
            ?.dismiss(actorId, death, () => node.report({ type: 'actorEnded', actorId, incarnation, death })),
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
    if (view.state === 'ALIVE' && this.#isCurrent)
      this.#world.judge.countsAsAlive(`${view.actorId}#${view.incarnation}`)
    if (view.death?.reason === 'OUT_OF_SCOPE' && this.#isCurrent) this.#world.checkUnheld(view.actorId)
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

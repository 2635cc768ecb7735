import type { ClusterEvent, Origin } from '../../../../src/core/cluster-events.ts'
import { type Allocation, demandOf } from '../../../../src/core/demand.ts'
import { NodeAgent } from '../../../../src/core/node-agent.ts'
import { NodeLease } from '../../../../src/core/node-lease.ts'
import type { NodeResources } from '../../../../src/core/node-ledger.ts'
import type { EndedLife, Endings, NodeReport, WorkerReport } from '../../../../src/core/node-report.ts'
import { Allegiance } from '../../../../src/core/term.ts'
import type { ActorSpec } from '../../../../src/protocol/specs.ts'
import type { SimulatedCoordinator } from './coordinator.ts'
import type { Process } from './network.ts'
import { Worker } from './worker.ts'
import type { World } from './world.ts'

/** What a node is in all its lives. */
export interface NodePlan {
  readonly nodeId: string
  readonly resources: NodeResources
  readonly labels: Readonly<Record<string, string>>
}

const heartbeatMs = 500

/** One life of a node: a process with workers, and books of its own. */
export class SimulatedNode implements Process {
  readonly world: World
  readonly plan: NodePlan
  readonly epoch: number
  readonly agent: NodeAgent
  readonly workers = new Map<string, Worker>()
  readonly #starting = new Set<string>()
  readonly #allocations = new Map<string, Allocation>()
  readonly #lease: NodeLease
  /** Whom it obeys. */
  coordinator: SimulatedCoordinator
  readonly #allegiance: Allegiance
  readonly #lives = new Map<string, { readonly spec: ActorSpec; readonly incarnation: number }>()
  readonly #ended: EndedLife[] = []
  readonly #ordered = new Set<string>()
  #reportCount = 0
  isDead = false
  frozenUntilMs = 0

  constructor(world: World, plan: NodePlan, epoch: number) {
    this.world = world
    this.plan = plan
    this.epoch = epoch
    const { random, clock, judge } = world
    const isHeld = plan.nodeId !== 'n0' && plan.resources.cpus > 1 && random.chance(0.2)
    const foreign = isHeld ? [{ demand: demandOf({ cpu: 1, gpu: 0, custom: {} }), gpuIds: [] }] : []
    this.agent = new NodeAgent(plan.resources, foreign)
    this.#lease = new NodeLease(clock.nowMs)
    this.coordinator = world.coordinator
    this.#allegiance = new Allegiance(world.coordinator.term)
    const { cpus, gpus, custom } = plan.resources
    const gpuCapacity = Array.from({ length: gpus }, (_, id): [string, number] => [`gpu ${id}`, 1])
    judge.nodeStarted(this.life, new Map([['CPU', cpus - foreign.length], ...gpuCapacity, ...Object.entries(custom)]))
    if (isHeld) {
      clock.after(random.between(500, 8000), () =>
        this.enter(() => {
          this.agent.dropForeign()
          judge.nodeStarted(this.life, new Map([['CPU', cpus], ...gpuCapacity, ...Object.entries(custom)]))
          this.resumeTasks()
          this.#sayForeign()
        }),
      )
    }
  }

  get nodeId(): string {
    return this.plan.nodeId
  }
  get life(): string {
    return `${this.nodeId}@${this.epoch}`
  }
  get origin(): Origin {
    return { nodeId: this.nodeId, epoch: this.epoch }
  }

  get term(): number {
    return this.coordinator.term
  }

  join(): void {
    const { nodeId, epoch, plan } = this
    const { resources, labels } = plan
    this.#send((coordinator) =>
      coordinator.joined({
        type: 'nodeJoined',
        nodeId,
        epoch,
        resources,
        labels,
        isRemote: true,
        spareWorkers: 1,
      }),
    )
    if (nodeId !== 'n0') this.#beat()
  }

  /** Something happens in this process: not when it is dead, later when it is frozen. */
  enter(act: () => void): void {
    if (this.isDead) return
    const { clock } = this.world
    if (this.frozenUntilMs > clock.nowMs) return clock.at(this.frozenUntilMs, () => this.enter(act))
    // After a long sleep others may have what it had: it looks before it goes on.
    if (this.nodeId !== 'n0' && this.#lease.hasEnded(clock.nowMs))
      return this.world.endNode(this, 'its lease has ended')
    act()
  }

  #beat(): void {
    this.world.clock.after(heartbeatMs, () =>
      this.enter(() => {
        const sentMs = this.world.clock.nowMs
        this.#send((coordinator) => coordinator.heartbeat(this, sentMs))
        this.#beat()
      }),
    )
  }

  /** The coordinator has answered a heartbeat; `isKnown`: it counts on this life of the node. */
  answered(sentMs: number, isKnown: boolean): void {
    if (isKnown) this.#lease.answered(sentMs)
    else {
      this.world.endNode(this, 'it counts as lost')
      if (this.isDead) this.#send((coordinator) => coordinator.nodeGone(this.nodeId, this.epoch))
    }
  }

  #send(deliver: (coordinator: SimulatedCoordinator) => void): void {
    const { coordinator } = this
    this.world.network.send(this, coordinator.process, 'node', () => deliver(coordinator))
  }

  // ---- another coordinator

  /** Whether something that a coordinator says counts. Of a later one nothing does before it was told what is here. */
  obeys({ term }: SimulatedCoordinator): boolean {
    return term <= this.term && this.#allegiance.obeys(term)
  }

  /** A coordinator takes over and asks what is here. */
  inquired(coordinator: SimulatedCoordinator): void {
    if (!this.#allegiance.obeys(coordinator.term)) return
    const realms = this.world.realmsOn(this).map((realm) => realm.stateFor())
    this.coordinator = coordinator
    const report = this.#reportAll()
    this.#send((to) => to.reported(report, realms))
    for (const realm of this.world.realmsOn(this)) realm.tellAgain()
  }

  /** It ends what the coordinator has no use for, and reports again. */
  endSuperfluous({ workers, lives }: Endings): void {
    for (const workerId of workers) {
      this.#ordered.add(workerId)
      if (this.workers.has(workerId) || this.#starting.delete(workerId)) this.#gone(workerId, {})
    }
    for (const { workerId, actorId, incarnation } of lives) this.workers.get(workerId)?.drop(actorId, incarnation)
    const report = this.#reportAll()
    this.#send((to) => to.reported(report, []))
  }

  #reportAll(): NodeReport {
    const { nodeId, epoch, agent } = this
    const duties = agent.duties.filter(({ workerId }) => this.workers.has(workerId))
    const workers = [...this.workers].map(([workerId, worker]): WorkerReport => {
      const own = duties.filter((duty) => duty.workerId === workerId)
      const lives = own.flatMap(({ id, allocation }) => {
        const life = this.#lives.get(`${workerId} ${id}`)
        return life === undefined ? [] : [{ ...life, allocation, isMade: worker.hasMade(id) }]
      })
      const [lease] = own.flatMap(({ id: leaseId, isBlocked }) => {
        const allocation = this.#allocations.get(leaseId)
        return allocation === undefined ? [] : [{ leaseId, allocation, isBlocked }]
      })
      return { workerId, isReady: true, lives, lease }
    })
    const starting = [...this.#starting].map((workerId) => ({ workerId, isReady: false, lives: [], lease: undefined }))
    const number = ++this.#reportCount
    return {
      nodeId,
      epoch,
      number,
      workers: [...workers, ...starting],
      ended: [...this.#ended],
      foreign: agent.foreign,
    }
  }

  /** A life has ended here. */
  lifeEnded(
    spec: ActorSpec,
    incarnation: number,
    { death, wasOrdered }: Omit<EndedLife, 'spec' | 'incarnation'>,
  ): void {
    this.#ended.push({ spec, incarnation, death, wasOrdered })
  }

  report(event: ClusterEvent): void {
    this.#send((coordinator) => coordinator.handle(event, this.origin))
    // What is said twice must not count twice.
    const { random, clock } = this.world
    if (!random.chance(0.2)) return
    const again = (): void => this.#send((coordinator) => coordinator.handle(event, this.origin))
    clock.after(random.between(0, 1200), () => this.enter(again))
  }

  #sayForeign(): void {
    const { nodeId, epoch } = this
    this.report({ type: 'nodeReported', nodeId, epoch, foreign: this.agent.foreign, number: ++this.#reportCount })
  }

  // ---- what the coordinator wants

  startWorker(workerId: string): void {
    const { random, clock } = this.world
    this.#starting.add(workerId)
    clock.after(random.between(5, 60), () =>
      this.enter(() => {
        if (!this.#starting.delete(workerId)) return
        if (random.chance(0.02)) return this.#gone(workerId, { failedToStart: true })
        this.workers.set(workerId, new Worker(workerId, this))
        this.report({ type: 'workerReady', workerId })
      }),
    )
  }

  stopWorker(workerId: string): void {
    this.#ordered.add(workerId)
    const { random, clock } = this.world
    clock.after(random.between(1, 40), () =>
      this.enter(() => {
        if (this.workers.has(workerId) || this.#starting.delete(workerId)) this.#gone(workerId, {})
      }),
    )
  }

  crashWorker(workerId: string): void {
    if (this.workers.has(workerId)) this.#gone(workerId, {})
  }

  #gone(workerId: string, { failedToStart = false }: { failedToStart?: boolean }): void {
    this.world.judge.tell(() => `${workerId} ends`)
    this.#bury(workerId)
    this.agent.workerExited(workerId)
    this.resumeTasks()
    this.report({ type: 'workerExited', workerId, exit: { reason: 'exited', failedToStart } })
  }

  #bury(workerId: string): void {
    this.workers.get(workerId)?.end(this.#ordered.has(workerId))
    this.workers.delete(workerId)
    this.world.judge.freeAll(`${workerId} `)
  }

  createActor(
    spec: ActorSpec,
    incarnation: number,
    { workerId, allocation }: { workerId: string; allocation: Allocation },
  ): void {
    const worker = this.workers.get(workerId)
    if (worker === undefined) return
    const { actorId } = spec.handle
    if (!this.agent.assign(workerId, actorId, allocation)) {
      if (spec.isolation === 'worker') return this.#refuse(workerId)
      this.report({ type: 'actorRefused', actorId, incarnation })
      return this.#sayForeign()
    }
    this.#lives.set(`${workerId} ${actorId}`, { spec, incarnation })
    worker.create(spec, incarnation, allocation)
  }

  grantLease(
    leaseId: string,
    realm: string,
    { workerId, allocation }: { workerId: string; allocation: Allocation },
  ): void {
    if (!this.workers.has(workerId)) return
    if (!this.agent.assign(workerId, leaseId, allocation)) return this.#refuse(workerId)
    this.#allocations.set(leaseId, allocation)
    const to = this.world.realm(realm)
    if (to === undefined) return
    this.world.network.send(this, to.node, `grants ${realm}`, () => !to.isDead && to.tasks.granted(leaseId, workerId))
  }

  #refuse(workerId: string): void {
    this.world.judge.tell(() => `${this.life} refuses ${workerId}`)
    this.#bury(workerId)
    this.report({ type: 'workerRefused', workerId })
    this.#sayForeign()
  }

  closeLease(leaseId: string, workerId: string): void {
    this.agent.unassign(workerId, leaseId)
    this.resumeTasks()
    this.#allocations.delete(leaseId)
  }

  resumeLease(leaseId: string, workerId: string): void {
    const worker = this.workers.get(workerId)
    const allocation = this.#allocations.get(leaseId)
    if (worker === undefined || allocation === undefined) return
    this.agent.resume(workerId, leaseId, allocation)
    this.resumeTasks()
  }

  /** Lets tasks go on that have their CPUs again. */
  resumeTasks(): void {
    for (const { workerId, leaseId } of this.agent.takeResumed()) this.workers.get(workerId)?.resumed(leaseId)
  }

  allocationOf(workerId: string, leaseId: string): Allocation | undefined {
    return this.agent.isAssigned(workerId, leaseId) ? this.#allocations.get(leaseId) : undefined
  }

  /** This life is over. */
  end(): void {
    this.isDead = true
    for (const workerId of [...this.workers.keys()]) this.#bury(workerId)
  }
}

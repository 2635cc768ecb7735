import { Clock } from './clock.ts'
import { SimulatedCoordinator } from './coordinator.ts'
import { Judge } from './judge.ts'
import { Network } from './network.ts'
import { type NodePlan, SimulatedNode } from './node.ts'
import { Random } from './random.ts'
import { Realm } from './realm.ts'
import { Succession } from './succession.ts'

/** What is done besides playing a schedule. */
export interface SimulationOptions {
  /** Writes down what happens. */
  readonly tellsStory?: boolean
  /** After every so many events a copy takes the place of the coordinator's state. */
  readonly replacedEvery?: number
}

/** A whole cluster in virtual time: nodes with workers, links with faults, and the real coordinator core. */
export class World {
  readonly clock = new Clock()
  readonly random: Random
  readonly judge: Judge
  readonly network: Network
  /** The one of the highest term. */
  coordinator: SimulatedCoordinator
  readonly succession: Succession | undefined
  readonly coordinatorNode: SimulatedNode
  readonly driver: Realm
  readonly #live = new Map<string, SimulatedNode>()
  /** Whether nodes that end come back. */
  mayReturn = true
  readonly replacedEvery: number | undefined

  constructor(seed: number, plans: (random: Random) => readonly NodePlan[], options: SimulationOptions) {
    const { tellsStory = false, replacedEvery } = options
    this.replacedEvery = replacedEvery
    this.random = new Random(seed)
    this.judge = new Judge(this.clock, tellsStory)
    this.network = new Network(this.clock, this.random)
    this.coordinator = new SimulatedCoordinator(this, 'n0')
    this.succession = Succession.planned(this, seed)
    const [own, ...others] = plans(this.random)
    this.coordinatorNode = this.#start(own!, 1)
    this.driver = new Realm('n0', this.coordinatorNode)
    for (const plan of others) this.clock.at(this.random.between(0, 3000), () => void this.#start(plan, 1))
  }

  #start(plan: NodePlan, epoch: number): SimulatedNode {
    const node = new SimulatedNode(this, plan, epoch)
    this.#live.set(plan.nodeId, node)
    this.judge.tell(() => `${node.life} starts with ${JSON.stringify(plan.resources)}`)
    // The first node is part of the world before anything can be sent.
    if (plan.nodeId === 'n0') this.clock.at(0, () => node.join())
    else node.join()
    return node
  }

  /** A life of a node is over: it crashed, or ends what it has because it must. It may come back. */
  endNode(node: SimulatedNode, why: string): void {
    if (node.isDead || node === this.coordinatorNode) return
    this.judge.tell(() => `${node.life} ends: ${why}`)
    node.end()
    this.#live.delete(node.nodeId)
    if (!this.mayReturn && this.random.chance(0.5)) return
    const isBackMs = this.random.chance(0.3) ? this.random.between(5, 400) : this.random.between(400, 9000)
    this.clock.after(isBackMs, () => void this.#start(node.plan, node.epoch + 1))
  }

  /** Half a second has gone by. */
  tick(): void {
    if (this.succession === undefined) return this.coordinator.tick()
    this.succession.tick()
  }

  liveNode(nodeId: string): SimulatedNode | undefined {
    return this.#live.get(nodeId)
  }

  get liveNodes(): readonly SimulatedNode[] {
    return [...this.#live.values()]
  }

  realm(realmId: string): Realm | undefined {
    if (realmId === 'n0') return this.driver
    return this.#live.get(realmId.slice(0, realmId.lastIndexOf('.')))?.workers.get(realmId)
  }

  realmsOn(node: SimulatedNode): readonly Realm[] {
    return node === this.coordinatorNode ? [this.driver, ...node.workers.values()] : [...node.workers.values()]
  }

  get realms(): readonly Realm[] {
    return this.liveNodes.flatMap((node) => this.realmsOn(node))
  }

  /** A life of a node counts as lost: nothing of it may run any more. */
  checkEnded(nodeId: string, epoch: number): void {
    const node = this.#live.get(nodeId)
    if (node === undefined || node.epoch !== epoch || node.workers.size === 0) return
    if (node.frozenUntilMs > this.clock.nowMs) return
    this.judge.fail('place', `${node.life} counts as lost, and ${node.workers.size} worker(s) of it still run`)
  }

  /** An actor ends because nobody holds it. */
  checkUnheld(actorId: string): void {
    for (const realm of this.realms) {
      if (realm.remotes.get(actorId)?.isHeld && !this.judge.isLost(realm.node.life))
        this.judge.fail('counts', `${actorId} went out of scope while ${realm.id} holds it`)
    }
  }
}

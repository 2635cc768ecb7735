import type { Death } from '../../../../src/core/cluster-events.ts'
import type { GroupStrategy, ResourceRequest } from '../../../../src/protocol/specs.ts'
import type { Random } from './random.ts'
import type { Realm } from './realm.ts'
import { RemoteActor } from './remote-actor.ts'
import { actorSpec } from './terms.ts'
import type { World } from './world.ts'

const killed: Death = { reason: 'KILLED', message: 'it was killed by kill()' }
const asked: Death = { reason: 'INTENDED_USER_EXIT', message: 'it was ended by terminate()' }
const strategies: readonly GroupStrategy[] = ['PACK', 'SPREAD', 'STRICT_PACK', 'STRICT_SPREAD']

/** What the users of a simulated cluster do, by chance. */
export class Workload {
  readonly #world: World
  readonly #random: Random
  readonly #actors: string[] = []
  readonly #groups: { readonly groupId: string; readonly count: number }[] = []
  readonly detached: string[] = []

  constructor(world: World) {
    this.#world = world
    this.#random = world.random
  }

  get groups(): readonly string[] {
    return this.#groups.map(({ groupId }) => groupId)
  }

  /** One of the realms does something. */
  step(): void {
    const { realms, driver } = this.#world
    const realm = this.#random.chance(0.5) ? driver : this.#random.pick(realms)
    const roll = this.#random.next()
    if (roll < 0.16) this.#create(realm)
    else if (roll < 0.44) this.#call(realm)
    else if (roll < 0.64) this.#submit(realm)
    else if (roll < 0.72) this.#pass(realm)
    else if (roll < 0.78) this.#release(realm)
    else if (roll < 0.83) this.#kill(realm)
    else if (roll < 0.87) this.#dismiss(realm)
    else if (roll < 0.9) this.#group(realm)
    else if (roll < 0.92) this.#removeGroup(realm)
    else if (roll < 0.935) realm.tasks.force()
    else this.#harm()
  }

  #request(): ResourceRequest {
    const random = this.#random
    const plain = random.pick<ResourceRequest>([
      { cpu: 0, gpu: 0, custom: {} },
      { cpu: 1, gpu: 0, custom: {} },
      { cpu: 1, gpu: 0, custom: {} },
      { cpu: 2, gpu: 0, custom: {} },
      { cpu: 0, gpu: 1, custom: {} },
      { cpu: 1, gpu: 0.5, custom: {} },
      { cpu: 0, gpu: 2, custom: {} },
      { cpu: 0.5, gpu: 0, custom: { special: 1 } },
    ])
    const group = random.chance(0.12) && this.#groups.length > 0 ? random.pick(this.#groups) : undefined
    if (group !== undefined) {
      const index = random.between(0, group.count - 1)
      const bundle = random.chance(0.5) ? { groupId: group.groupId } : { groupId: group.groupId, index }
      return { cpu: random.pick([0, 1]), gpu: 0, custom: {}, bundle }
    }
    if (random.chance(0.08)) return { ...plain, strategy: { type: 'spread' } }
    if (random.chance(0.08)) {
      const isSoft = random.chance(0.7)
      return { ...plain, strategy: { type: 'node', nodeId: `n${random.between(0, 3)}`, isSoft } }
    }
    return random.chance(0.05) ? { ...plain, labels: { zone: [random.pick(['a', 'b'])] } } : plain
  }

  #create(realm: Realm): void {
    const random = this.#random
    const actorId = realm.nextId('a')
    const isDetached = random.chance(0.15)
    const wish = {
      request: this.#request(),
      maxRestarts: random.pick([0, 0, 1, 2, -1]),
      maxTaskRetries: random.pick([0, 0, 1, 3, -1]),
      isDetached,
      isolation: random.chance(0.4) ? ('shared' as const) : ('worker' as const),
      ...(random.chance(0.2) ? { name: `name${random.between(0, 2)}` } : {}),
    }
    const maker = random.chance(0.5) ? this.#actorIn(realm) : undefined
    const spec = actorSpec(actorId, maker ?? realm.id, realm.id, wish)
    const remote = new RemoteActor(realm, actorId, {
      session: realm.nextNumber(),
      maxTaskRetries: wish.maxTaskRetries,
    })
    remote.grantCount = 1
    realm.remotes.set(actorId, remote)
    const isReady = !random.chance(0.15)
    realm.request(spec, isReady)
    if (!isReady) {
      const ready = (): void => realm.argumentsReady(actorId)
      this.#world.clock.after(random.between(1, 500), () => realm.node.enter(() => !realm.isDead && ready()))
    }
    this.#actors.push(actorId)
    if (isDetached) this.detached.push(actorId)
    for (let i = random.between(0, 4); i > 0; i--) this.#callOn(remote)
  }

  #actorIn(realm: Realm): string | undefined {
    const living = this.#world.coordinator.state.actors().filter((one) => one.workerId === realm.id)
    return living[0]?.actorId
  }

  #anyRemote(realm: Realm): RemoteActor | undefined {
    return realm.remotes.size === 0 ? undefined : this.#random.pick([...realm.remotes.values()])
  }

  #call(realm: Realm): void {
    const remote = this.#anyRemote(realm)
    if (remote === undefined) return this.#submit(realm)
    for (let i = this.#random.between(1, 6); i > 0; i--) this.#callOn(remote)
  }

  #callOn(remote: RemoteActor): void {
    const random = this.#random
    remote.call(random.chance(0.1) ? random.between(50, 1500) : random.between(0, 20), random.chance(0.06))
  }

  #submit(realm: Realm): void {
    const random = this.#random
    const request = this.#request()
    for (let i = random.between(1, 5); i > 0; i--) {
      realm.tasks.submit({
        request,
        runMs: random.chance(0.1) ? random.between(50, 2500) : random.between(0, 40),
        maxRetries: random.pick([0, 1, 3]),
        isDeadly: random.chance(0.05),
        childCount: request.bundle === undefined && random.chance(0.12) ? random.between(1, 2) : 0,
      })
    }
  }

  #pass(realm: Realm): void {
    const remote = this.#anyRemote(realm)
    const to = this.#random.pick(this.#world.realms)
    if (remote?.isHeld && to !== realm) realm.passHandle(remote, to)
  }

  #release(realm: Realm): void {
    this.#anyRemote(realm)?.release()
  }

  #kill(realm: Realm): void {
    if (this.#actors.length === 0) return
    const mayRestart = this.#random.chance(0.55)
    realm.tell({ type: 'actorKilled', actorId: this.#random.pick(this.#actors), mayRestart, death: killed })
  }

  #dismiss(realm: Realm): void {
    if (this.#actors.length > 0)
      realm.tell({ type: 'actorDismissed', actorId: this.#random.pick(this.#actors), death: asked })
  }

  #group(realm: Realm): void {
    const random = this.#random
    const groupId = realm.nextId('g')
    const bundles = Array.from({ length: random.between(1, 3) }, () =>
      random.pick<ResourceRequest>([
        { cpu: 1, gpu: 0, custom: {} },
        { cpu: 1, gpu: 1, custom: {} },
        { cpu: 2, gpu: 0, custom: {} },
      ]),
    )
    this.#groups.push({ groupId, count: bundles.length })
    const spec = { groupId, bundles, strategy: random.pick(strategies), creator: realm.id, waitForResources: false }
    realm.tell({ type: 'groupRequested', spec })
  }

  #removeGroup(realm: Realm): void {
    if (this.#groups.length > 0) realm.tell({ type: 'groupRemoved', groupId: this.#random.pick(this.#groups).groupId })
  }

  #harm(): void {
    const random = this.#random
    const { network, clock, judge } = this.#world
    const node = random.pick(this.#world.liveNodes)
    const kind = random.pick(['worker', 'worker', 'worker', 'crash', 'cut', 'half', 'freeze'] as const)
    const isOwn = node === this.#world.coordinatorNode
    if (kind === 'worker' || isOwn) {
      if (node.workers.size > 0) node.crashWorker(random.pick([...node.workers.keys()]))
      return
    }
    const untilMs = clock.nowMs + random.pick([300, 2000, 4500, 7000, 12_000])
    judge.tell(() => `harm: ${kind} ${node.life} until ${Math.round(untilMs)} ms`)
    if (kind === 'crash') return this.#world.endNode(node, 'it crashed')
    if (kind === 'freeze') {
      node.frozenUntilMs = Math.max(node.frozenUntilMs, untilMs)
      return
    }
    const other = random.chance(0.7)
      ? this.#world.coordinator.process.nodeId
      : random.pick(this.#world.liveNodes).nodeId
    network.cut(node.nodeId, other, untilMs)
    if (kind === 'cut') network.cut(other, node.nodeId, untilMs)
  }
}

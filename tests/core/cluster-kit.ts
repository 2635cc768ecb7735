import type { ActorView, ClusterCommand, ClusterEvent, Death, Origin } from '../../src/core/cluster-events.ts'
import { ClusterState } from '../../src/core/cluster-state.ts'
import type { NodeResources } from '../../src/core/node-ledger.ts'
import type { GpuTraits } from '../../src/protocol/gpu-provider.ts'
import type { ActorSpec, GroupSpec, ResourceRequest } from '../../src/protocol/specs.ts'
import type { WorkerExit } from '../../src/protocol/worker-host.ts'

/** What a test says of an actor; the rest is as for `Class.remote()` of the driver. */
export interface ActorWish
  extends Partial<Omit<ActorSpec, 'handle' | 'definition' | 'request'>>,
    Pick<ResourceRequest, 'strategy' | 'labels' | 'bundle' | 'gpuNeeds'> {
  readonly cpu?: number
  readonly gpu?: number
  readonly custom?: Readonly<Record<string, number>>
}

export function requestOf(wish: ActorWish): ResourceRequest {
  const { cpu = 0, gpu = 0, gpuNeeds, custom = {}, strategy, labels, bundle } = wish
  return {
    cpu,
    gpu,
    ...(gpuNeeds === undefined ? {} : { gpuNeeds }),
    custom,
    ...(strategy === undefined ? {} : { strategy }),
    ...(labels === undefined ? {} : { labels }),
    ...(bundle === undefined ? {} : { bundle }),
  }
}

export function specOf(actorId: string, asked: ActorWish = {}): ActorSpec {
  const {
    cpu: _cpu,
    gpu: _gpu,
    gpuNeeds: _gpuNeeds,
    custom: _custom,
    strategy: _strategy,
    labels: _labels,
    bundle: _bundle,
    ...wish
  } = asked
  return {
    handle: {
      actorId,
      className: 'Counter',
      methods: { inc: { kind: 'call' } },
      groups: [],
      maxPendingCalls: 1000,
      maxTaskRetries: 0,
      mayOvertake: false,
    },
    definition: { id: 'test@1:counter#Counter', name: 'Counter' },
    request: requestOf(asked),
    placementCpu: 1,
    creator: 'driver',
    holder: 'driver',
    namespace: 'default',
    isDetached: false,
    isolation: 'worker',
    maxRestarts: 0,
    maxConcurrency: 1,
    concurrencyGroups: {},
    waitForResources: false,
    getIfExists: false,
    ...wish,
  }
}

export const killed: Death = { reason: 'KILLED', message: 'it was killed by kill()' }
export const asked: Death = { reason: 'INTENDED_USER_EXIT', message: 'it was ended by terminate()' }
export const failed: Death = { reason: 'INIT_FAILED', message: 'its constructor failed: Error: oops' }
export const crashed: WorkerExit = { reason: 'exited with code 3', exitCode: 3 }

/** An adapter with these features, and storage buffers of at most so many bytes. */
export function traitsOf(name: string, features: readonly string[] = [], bufferBytes = 2 ** 27): GpuTraits {
  return {
    name,
    isSoftware: false,
    powerPreference: 'high-performance',
    info: { vendor: name, architecture: '', device: '', description: '' },
    features,
    limits: { maxBufferSize: 2 * bufferBytes, maxStorageBufferBindingSize: bufferBytes },
  }
}

interface JoinTerms {
  readonly epoch?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly isRemote?: boolean
}

/** A cluster whose invariants are checked after every event. */
export class Cluster {
  readonly state = new ClusterState()
  /** All that it was told. */
  readonly events: ClusterEvent[] = []

  /** One node `n` of that size; `spareWorkers` are started at once. `null`: no node has joined yet. */
  constructor(resources: Partial<NodeResources> | null = {}, spareWorkers = 0) {
    if (resources !== null) this.join('n', resources, spareWorkers)
  }

  join(nodeId: string, resources: Partial<NodeResources>, spareWorkers = 0, more: JoinTerms = {}): ClusterCommand[] {
    return this.tell({
      type: 'nodeJoined',
      nodeId,
      resources: { cpus: 4, gpus: 2, custom: {}, ...resources },
      spareWorkers,
      ...more,
    })
  }

  lose(nodeId: string, epoch = 0): ClusterCommand[] {
    return this.tell({ type: 'nodeLost', nodeId, epoch })
  }

  group(groupId: string, bundles: readonly ActorWish[], more: Partial<GroupSpec> = {}): ClusterCommand[] {
    const spec: GroupSpec = {
      groupId,
      bundles: bundles.map(requestOf),
      strategy: 'PACK',
      creator: 'driver',
      waitForResources: false,
      ...more,
    }
    return this.tell({ type: 'groupRequested', spec })
  }

  /** The nodes of a group's bundles. */
  placesOf(groupId: string): (string | undefined)[] {
    return this.state.group(groupId)!.bundles.map(({ nodeId }) => nodeId)
  }

  /** Where leases of this kind go, with their workers ready at once. */
  nodesOfLeases(count: number, wish: ActorWish, realm = 'driver'): string[] {
    const nodes: string[] = []
    for (let i = 0; i < count; i++) nodes.push(this.leased(`lease${this.#leaseCount++}`, wish, realm).split('.')[0]!)
    return nodes
  }
  #leaseCount = 0

  tell(event: ClusterEvent, origin?: Origin): ClusterCommand[] {
    this.events.push(event)
    const commands = this.state.handle(event, origin)
    this.state.checkInvariants()
    return commands
  }

  create(actorId: string, wish: ActorWish = {}, isReady = true): ClusterCommand[] {
    return this.tell({ type: 'actorRequested', spec: specOf(actorId, wish), isReady })
  }

  /** An actor that is alive, with a worker of its own or a shared one; the id of that worker. */
  alive(actorId: string, wish: ActorWish = {}): string {
    return this.bringUp(actorId, this.create(actorId, wish))
  }

  /** Plays the shell until the actor is alive: `commands` are those that placed it. */
  bringUp(actorId: string, commands: readonly ClusterCommand[]): string {
    const placed = commands.some((command) => command.type === 'createActor' && command.actorId === actorId)
    if (!placed) for (const command of commands) if (command.type === 'startWorker') this.workerReady(command.workerId)
    const { incarnation } = this.view(actorId)
    this.started(actorId, incarnation)
    const workerId = this.view(actorId).workerId
    if (workerId === undefined) throw new Error(`${actorId} is ${this.view(actorId).state}`)
    return workerId
  }

  workerReady(workerId: string): ClusterCommand[] {
    return this.tell({ type: 'workerReady', workerId })
  }

  started(actorId: string, incarnation = 0): ClusterCommand[] {
    return this.tell({ type: 'actorStarted', actorId, incarnation })
  }

  ended(actorId: string, incarnation = 0, death: Death = asked): ClusterCommand[] {
    return this.tell({ type: 'actorEnded', actorId, incarnation, death })
  }

  kill(actorId: string, mayRestart = false): ClusterCommand[] {
    return this.tell({ type: 'actorKilled', actorId, mayRestart, death: killed })
  }

  dismiss(actorId: string): ClusterCommand[] {
    return this.tell({ type: 'actorDismissed', actorId, death: asked })
  }

  dropped(actorId: string, incarnation = 0): ClusterCommand[] {
    return this.tell({ type: 'actorDropped', actorId, incarnation })
  }

  exited(workerId: string, exit: WorkerExit = { reason: 'was ended' }): ClusterCommand[] {
    return this.tell({ type: 'workerExited', workerId, exit })
  }

  grant(actorId: string, realm: string, count = 1): ClusterCommand[] {
    return this.tell({ type: 'handlesGranted', actorId, realm, count })
  }

  release(actorId: string, realm: string, count = 1): ClusterCommand[] {
    return this.tell({ type: 'handlesReleased', actorId, realm, count })
  }

  lease(leaseId: string, wish: ActorWish = { cpu: 1 }, realm = 'driver'): ClusterCommand[] {
    const { waitForResources = false } = wish
    return this.tell({ type: 'leaseRequested', leaseId, realm, request: requestOf(wish), waitForResources })
  }

  /** A lease on a worker that runs; the id of the worker. */
  leased(leaseId: string, wish: ActorWish = { cpu: 1 }, realm = 'driver'): string {
    let commands = this.lease(leaseId, wish, realm)
    const [first] = commands
    if (first?.type === 'startWorker') commands = this.workerReady(first.workerId)
    const grant = commands.find((command) => command.type === 'grantLease')
    if (grant === undefined) throw new Error(`${leaseId} was not granted: ${JSON.stringify(commands)}`)
    return grant.workerId
  }

  view(actorId: string): ActorView {
    const view = this.state.actor(actorId)
    if (view === undefined) throw new Error(`${actorId} is not known`)
    return view
  }

  /** The state of an actor, with the word that says why it is dead. */
  fate(actorId: string): string {
    const { state, death } = this.view(actorId)
    return death === undefined ? state : `${state}: ${death.reason}`
  }

  free(name: string): number {
    return this.state.available()[name] ?? 0
  }
}

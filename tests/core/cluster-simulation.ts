import { expect } from 'vitest'
import type { ActorState, ActorView, ClusterCommand, ClusterEvent } from '../../src/core/cluster-events.ts'
import type { GpuState } from '../../src/protocol/gpu-provider.ts'
import type { ActorSpec, ResourceRequest } from '../../src/protocol/specs.ts'
import { type ActorWish, Cluster, failed, specOf, traitsOf } from './cluster-kit.ts'

interface Lease {
  readonly realm: string
  readonly request: ResourceRequest
  state: 'asked' | 'granted' | 'refused' | 'ended' | 'returned'
}
/** GPUs that code may be using: `[node, index, units]` by what uses them. */
type GpuUse = readonly (readonly [gpu: string, units: number])[]

const allowed: Readonly<Record<ActorState, readonly ActorState[]>> = {
  DEPENDENCIES_UNREADY: ['PENDING_CREATION', 'DEAD'],
  PENDING_CREATION: ['ALIVE', 'RESTARTING', 'DEAD'],
  ALIVE: ['RESTARTING', 'DEAD'],
  RESTARTING: ['ALIVE', 'DEAD'],
  DEAD: [],
}

/**
 * A shell that carries commands out late, more than once or never, with workers that die at any moment, and realms that
 * pass handles on over links of their own. After each event it checks what must always be true.
 */
export class Simulation {
  readonly cluster = new Cluster({ cpus: 3, gpus: 2, custom: { special: 1 } }, 1)
  readonly workers = new Map<string, 'starting' | 'ready' | 'stopping' | 'gone'>()
  readonly specs = new Map<string, ActorSpec>()
  readonly leases = new Map<string, Lease>()
  readonly holds = new Map<string, number>()
  /** What realms have sent and the coordinator has not yet read, in order. */
  readonly mail = new Map<string, ClusterEvent[]>()
  readonly #replies: ClusterEvent[] = []
  readonly #sent: ClusterEvent[] = []
  readonly #views = new Map<string, ActorView>()
  readonly #created = new Set<string>()
  readonly #gpuUses = new Map<string, GpuUse>()
  #number = 0

  constructor() {
    this.gpusChange('ok', 'ok')
    for (const { workerId } of this.cluster.state.workers()) this.workers.set(workerId, 'starting')
  }

  nextId(kind: string): string {
    return `${kind}${this.#number++}`
  }

  /** The realms that run code: the driver and the workers that are ready or being ended. */
  get realms(): string[] {
    return ['driver', ...this.workersThatAre('ready', 'stopping')]
  }

  workersThatAre(...states: readonly string[]): string[] {
    return [...this.workers].filter(([, state]) => states.includes(state)).map(([id]) => id)
  }

  tell(event: ClusterEvent): void {
    const commands = this.cluster.tell(event)
    if ('leaseId' in event && event.type === 'leaseReturned') this.#returned(event.leaseId)
    for (const command of commands) this.#carryOut(command)
    this.#checkActors(commands)
    this.#checkGpus()
  }

  /** The node `n` says of its two GPUs, the first of which has shader-f16, whether they can be had. */
  gpusChange(...states: readonly [GpuState, GpuState]): void {
    const gpus = states.map((state, id) => ({ state, traits: traitsOf(`gpu${id}`, id === 0 ? ['shader-f16'] : []) }))
    this.tell({ type: 'nodeGpusChanged', nodeId: 'n', gpus })
  }

  // ---- the shell

  #carryOut(command: ClusterCommand): void {
    switch (command.type) {
      case 'startWorker':
        expect(this.workers.has(command.workerId)).toBe(false)
        this.workers.set(command.workerId, 'starting')
        return
      case 'stopWorker':
        expect(this.workers.get(command.workerId)).not.toBe('gone')
        this.workers.set(command.workerId, 'stopping')
        return
      case 'createActor': {
        const { actorId, incarnation, workerId, gpuIds } = command
        const life = `${actorId}/${incarnation}`
        expect(this.workers.get(workerId), `a worker for ${life}`).toBe('ready')
        expect(this.#created.has(life), `${life} was made before`).toBe(false)
        this.#created.add(life)
        this.#use(`${workerId} ${life}`, workerId, this.specs.get(actorId)!.request, gpuIds)
        this.#replies.push({ type: 'actorStarted', actorId, incarnation })
        return
      }
      case 'dismissActor': {
        const { actorId, incarnation, death } = command
        expect(this.cluster.view(actorId).incarnation).toBe(incarnation)
        this.#replies.push({ type: 'actorEnded', actorId, incarnation, death })
        return
      }
      case 'dropActor':
        this.#replies.push({ type: 'actorDropped', actorId: command.actorId, incarnation: command.incarnation })
        return
      case 'grantLease': {
        const { leaseId, workerId, gpuIds } = command
        const lease = this.leases.get(leaseId)!
        expect([this.workers.get(workerId), lease.state], `${leaseId} on ${workerId}`).toEqual(['ready', 'asked'])
        lease.state = 'granted'
        this.#use(`${workerId} ${leaseId}`, workerId, lease.request, gpuIds)
        return
      }
      case 'resumeLease':
        expect(this.workers.get(command.workerId)).not.toBe('gone')
        return
      case 'refuseLease':
        expect(this.leases.get(command.leaseId)!.state).toBe('asked')
        this.leases.get(command.leaseId)!.state = 'refused'
        return
      case 'endLease':
        expect(['asked', 'granted']).toContain(this.leases.get(command.leaseId)!.state)
        this.leases.get(command.leaseId)!.state = 'ended'
    }
  }

  /** A worker answers what it was told; `isBad` where it may fail. */
  reply(at: number, isBad: boolean): void {
    const reply = this.#replies[at % Math.max(1, this.#replies.length)]
    if (reply === undefined) return
    this.#replies.splice(this.#replies.indexOf(reply), 1)
    const worker = 'actorId' in reply ? this.#placeOf(reply.actorId, reply) : undefined
    if (worker === undefined) return
    if (reply.type === 'actorDropped') this.#gpuUses.delete(`${worker} ${reply.actorId}/${reply.incarnation}`)
    const event: ClusterEvent =
      isBad && reply.type === 'actorStarted' ? { ...reply, type: 'actorFailed', death: failed } : reply
    this.#sent.push(event)
    this.tell(event)
  }

  // Only a worker that runs can answer; one that is ended while it answers may have.
  #placeOf(actorId: string, reply: ClusterEvent): string | undefined {
    const life = `${actorId}/${'incarnation' in reply ? reply.incarnation : ''}`
    return this.workersThatAre('ready', 'stopping').find((id) => this.#lives.get(life) === id)
  }
  readonly #lives = new Map<string, string>()

  /** Something that was said before is said again. */
  repeat(at: number): void {
    const event = this.#sent[at % Math.max(1, this.#sent.length)]
    if (event !== undefined) this.tell(event)
  }

  workerReady(at: number): void {
    const starting = this.workersThatAre('starting')
    const workerId = starting[at % Math.max(1, starting.length)]
    if (workerId === undefined) return
    this.workers.set(workerId, 'ready')
    const event: ClusterEvent = { type: 'workerReady', workerId }
    this.#sent.push(event)
    this.tell(event)
  }

  workerExits(workerId: string): void {
    // What it had posted arrives before its end is noticed.
    while (this.deliver(workerId));
    const failedToStart = this.workers.get(workerId) === 'starting'
    this.workers.set(workerId, 'gone')
    for (const use of this.#gpuUses.keys()) if (use.startsWith(`${workerId} `)) this.#gpuUses.delete(use)
    for (const key of this.holds.keys()) if (key.startsWith(`${workerId} `)) this.holds.delete(key)
    const event: ClusterEvent = { type: 'workerExited', workerId, exit: { reason: 'exited', failedToStart } }
    this.#sent.push(event)
    this.tell(event)
  }

  // ---- the realms

  post(realm: string, event: ClusterEvent): void {
    const mail = this.mail.get(realm)
    if (mail === undefined) this.mail.set(realm, [event])
    else mail.push(event)
  }

  /** The coordinator reads one message of a realm. */
  deliver(realm: string): boolean {
    const event = this.mail.get(realm)?.shift()
    if (event === undefined) return false
    if (event.type !== 'actorRequested') this.tell(event)
    else {
      // The shell takes a realm's word for a creator only while that lives in it.
      const { creator } = event.spec
      const isThere = this.cluster.state.actor(creator)?.workerId === realm
      const spec: ActorSpec = isThere ? event.spec : { ...event.spec, creator: realm }
      this.specs.set(spec.handle.actorId, spec)
      this.tell({ ...event, spec })
    }
    return true
  }

  create(realm: string, wish: ActorWish, isReady: boolean): void {
    const actorId = this.nextId('a')
    const maker = this.cluster.state.actors().find((one) => one.state === 'ALIVE' && one.workerId === realm)
    this.holds.set(`${realm} ${actorId}`, 1)
    const spec = specOf(actorId, { ...wish, creator: maker?.actorId ?? realm, holder: realm })
    this.post(realm, { type: 'actorRequested', spec, isReady })
    // The driver's realm is the coordinator's: nothing it says is under way.
    if (realm === 'driver') while (this.deliver(realm));
  }

  // ---- what must be true

  #use(key: string, workerId: string, { gpu: amount, gpuNeeds }: ResourceRequest, gpuIds: readonly number[]): void {
    const [node] = workerId.split('.')
    if (gpuNeeds !== undefined) expect([node, ...gpuIds], `GPUs with ${gpuNeeds.features}`).toEqual(['n', 0])
    const whole = Math.floor(amount)
    const share = Math.round((amount - whole) * 10_000)
    expect(gpuIds).toHaveLength(whole + (share > 0 ? 1 : 0))
    this.#gpuUses.set(
      key,
      gpuIds.map((id, place) => [`${node} ${id}`, place < whole ? 10_000 : share]),
    )
    const life = key.slice(workerId.length + 1)
    this.#lives.set(life, workerId)
  }

  #returned(leaseId: string): void {
    const lease = this.leases.get(leaseId)
    if (lease === undefined || lease.state === 'refused' || lease.state === 'ended') return
    lease.state = 'returned'
    for (const key of this.#gpuUses.keys()) if (key.endsWith(` ${leaseId}`)) this.#gpuUses.delete(key)
  }

  #checkGpus(): void {
    const used = new Map<string, number>()
    for (const use of this.#gpuUses.values()) {
      for (const [gpu, units] of use) used.set(gpu, (used.get(gpu) ?? 0) + units)
    }
    for (const [gpu, units] of used) expect(units, `GPU ${gpu}`).toBeLessThanOrEqual(10_000)
  }

  #checkActors(commands: readonly ClusterCommand[]): void {
    const published = new Set(commands.map((one) => (one.type === 'publishActor' ? one.actorId : '')))
    for (const view of this.cluster.state.actors()) {
      const before = this.#views.get(view.actorId)
      this.#views.set(view.actorId, view)
      if (view.state === 'DEAD' && this.specs.get(view.actorId)!.isolation === 'shared') this.#forgetUse(view.actorId)
      const isNews = before?.state !== view.state || before.incarnation !== view.incarnation
      if (!isNews) continue
      if (before !== undefined) {
        const path = view.state === 'RESTARTING' ? [...allowed[before.state], 'RESTARTING'] : allowed[before.state]
        expect(path, `${view.actorId}: ${before.state} → ${view.state}`).toContain(view.state)
        expect(view.incarnation).toBeGreaterThanOrEqual(before.incarnation)
      }
      if (view.state === 'ALIVE')
        expect(this.workers.get(view.workerId!), `the worker of ${view.actorId}`).toBe('ready')
      if (['ALIVE', 'RESTARTING', 'DEAD'].includes(view.state)) expect(published, view.actorId).toContain(view.actorId)
      const { maxRestarts } = this.specs.get(view.actorId)!
      if (maxRestarts >= 0) expect(view.restartCount).toBeLessThanOrEqual(maxRestarts)
    }
    this.#checkOwners()
  }

  // A light actor ends in its worker as soon as it is dropped or has ended there.
  #forgetUse(actorId: string): void {
    for (const key of this.#gpuUses.keys()) if (key.includes(` ${actorId}/`)) this.#gpuUses.delete(key)
  }

  #checkOwners(): void {
    for (const [actorId, { creator, isDetached }] of this.specs) {
      const view = this.cluster.state.actor(actorId)
      if (view === undefined || isDetached || view.state === 'DEAD') continue
      const owner = this.cluster.state.actor(creator)
      expect(owner?.state, `the owner of ${actorId}`).not.toBe('DEAD')
      expect(this.workers.get(creator), `the owner of ${actorId}`).not.toBe('gone')
    }
  }

  /** Everything that is under way comes to its end; nothing new happens. */
  settle(): void {
    for (let round = 0; round < 1000; round++) {
      const isQuiet = !this.#settleOnce()
      if (isQuiet) return
    }
    throw new Error('it never comes to rest')
  }

  #settleOnce(): boolean {
    for (const realm of this.mail.keys()) if (this.deliver(realm)) return true
    const [stopping] = this.workersThatAre('stopping')
    if (stopping !== undefined) this.workerExits(stopping)
    else if (this.workersThatAre('starting').length > 0) this.workerReady(0)
    else if (this.#replies.length > 0) this.reply(0, false)
    else return false
    return true
  }

  /** The realms that hold a handle of an actor, as they see it. */
  holdersOf(actorId: string): string[] {
    return [...this.holds].filter(([key, count]) => count > 0 && key.endsWith(` ${actorId}`)).map(([key]) => key)
  }
}

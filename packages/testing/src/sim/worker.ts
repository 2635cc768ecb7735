import { CallQueue } from '../../../../src/core/call-queue.ts'
import type { Death } from '../../../../src/core/cluster-events.ts'
import type { Allocation } from '../../../../src/core/demand.ts'
import type { ActorSpec } from '../../../../src/protocol/specs.ts'
import { amountsOf } from './amounts.ts'
import type { SimulatedNode } from './node.ts'
import { Realm } from './realm.ts'
import type { CallMessage, TaskMessage } from './terms.ts'

interface QueuedCall extends CallMessage {
  readonly pendingId: number
}

interface Instance {
  readonly spec: ActorSpec
  readonly incarnation: number
  readonly queue: CallQueue<QueuedCall>
  isDropped: boolean
  isMade: boolean
  readonly running: Set<QueuedCall>
  onIdle: (() => void) | undefined
}

interface Caller {
  readonly peer: string
  readonly pendingId: number
}

/** A worker: a realm in which actors live and tasks run. */
export class Worker extends Realm {
  readonly #actors = new Map<string, Instance>()
  readonly #resumptions = new Map<string, () => void>()

  constructor(id: string, node: SimulatedNode) {
    super(id, node)
  }

  get #place(): string {
    return this.node.life
  }

  #later(ms: number, act: () => void): void {
    this.world.clock.after(ms, () => this.node.enter(() => !this.isDead && act()))
  }

  // ---- actors

  create(spec: ActorSpec, incarnation: number, allocation: Allocation): void {
    const { actorId } = spec.handle
    const { judge, random } = this.world
    const life = `${actorId}#${incarnation}`
    judge.runsOn(this.#place, life)
    judge.lifeBegan(actorId, life, { node: this.#place, maxRestarts: spec.maxRestarts })
    judge.use(`${this.id} ${life}`, this.#place, amountsOf(allocation))
    judge.tell(() => `${life} begins on ${this.id} with ${JSON.stringify([...amountsOf(allocation)])}`)
    const queue = new CallQueue<QueuedCall>({ maxConcurrency: 1, groups: {} })
    const instance: Instance = {
      spec,
      incarnation,
      queue,
      isDropped: false,
      isMade: false,
      running: new Set(),
      onIdle: undefined,
    }
    this.#actors.set(actorId, instance)
    this.#later(random.chance(0.2) ? random.between(50, 900) : random.between(1, 20), () => {
      if (instance.isDropped) return
      const death: Death = { reason: 'INIT_FAILED', message: 'its constructor failed' }
      const isBad = random.chance(0.03)
      if (isBad) this.#end(actorId, { death, wasOrdered: false })
      else judge.lifeMade(life)
      instance.isMade = !isBad
      this.node.report(
        isBad ? { type: 'actorFailed', actorId, incarnation, death } : { type: 'actorStarted', actorId, incarnation },
      )
    })
  }

  onCall(message: CallMessage, pendingId: number): void {
    const instance = this.#actors.get(message.actorId)
    if (instance === undefined || instance.incarnation !== message.incarnation)
      return this.answer(message.caller, pendingId, true)
    const { caller, session, seq } = message
    instance.queue.arrive({ caller, session, seq }, '', { ...message, pendingId })
    this.#pump(instance)
  }

  #pump(instance: Instance): void {
    for (let next = instance.queue.next(); next !== undefined; next = instance.queue.next())
      this.#run(instance, next.item)
    if (instance.queue.runningCount === 0) instance.onIdle?.()
  }

  #run(instance: Instance, call: QueuedCall): void {
    const { judge } = this.world
    const life = `${call.actorId}#${instance.incarnation}`
    judge.runsOn(this.#place, call.callId)
    judge.ran(call.callId, call.maxRetries < 0 ? -1 : call.maxRetries + 1)
    judge.ran(`${call.callId} on ${life}`, 1)
    instance.running.add(call)
    judge.inOrder(`${call.caller}/${call.session} on ${life}`, call.number)
    this.#later(call.runMs, () => {
      if (instance.isDropped) return
      judge.runsOn(this.#place, call.callId)
      if (call.isDeadly) return this.node.crashWorker(this.id)
      instance.running.delete(call)
      this.answer(call.caller, call.pendingId, false)
      instance.queue.finished('')
      this.#pump(instance)
    })
  }

  /** Graceful: what is queued runs first. */
  dismiss(actorId: string, death: Death, done: () => void): void {
    const instance = this.#actors.get(actorId)
    if (instance === undefined) return done()
    const end = (): void => {
      instance.onIdle = undefined
      this.#end(actorId, { death, wasOrdered: false })
      done()
    }
    if (instance.queue.runningCount === 0 && instance.queue.waitingCount === 0) end()
    else instance.onIdle = end
  }

  drop(actorId: string, incarnation: number): void {
    if (this.#actors.get(actorId)?.incarnation === incarnation)
      this.#end(actorId, { death: undefined, wasOrdered: true })
  }

  hasMade(actorId: string): boolean {
    return this.#actors.get(actorId)?.isMade === true
  }

  #end(actorId: string, how: { death: Death | undefined; wasOrdered: boolean }): void {
    const instance = this.#actors.get(actorId)!
    this.node.lifeEnded(instance.spec, instance.incarnation, how)
    instance.isDropped = true
    this.#actors.delete(actorId)
    const life = `${actorId}#${instance.incarnation}`
    this.world.judge.lifeEnded(actorId, life)
    for (const call of [...instance.running, ...instance.queue.drain()]) this.answer(call.caller, call.pendingId, true)
    // An actor with a worker of its own keeps what it has until that is gone.
    if (instance.spec.isolation === 'worker') return
    this.world.judge.free(`${this.id} ${life}`)
    this.node.agent.unassign(this.id, actorId)
    this.node.resumeTasks()
  }

  // ---- tasks

  onTask(task: TaskMessage, caller: Caller): void {
    const { judge } = this.world
    judge.runsOn(this.#place, task.taskId)
    const allocation = this.node.allocationOf(this.id, task.leaseId)
    if (allocation === undefined)
      return judge.fail('place', `${task.taskId} came to ${this.id} under ${task.leaseId}, which is not its lease`)
    judge.ran(task.taskId, task.maxRetries + 1)
    const key = `${this.id} ${task.taskId}`
    judge.use(key, this.#place, amountsOf(allocation))
    this.#later(task.runMs, () => {
      judge.runsOn(this.#place, task.taskId)
      if (task.isDeadly) return this.node.crashWorker(this.id)
      if (task.childCount > 0) return this.#waitForChildren(task, { caller, key, allocation })
      judge.free(key)
      this.answer(caller.peer, caller.pendingId, false)
    })
  }

  #waitForChildren(
    task: TaskMessage,
    { caller, key, allocation }: { caller: Caller; key: string; allocation: Allocation },
  ): void {
    const { judge } = this.world
    const { leaseId } = task
    const rest = new Map(amountsOf(allocation))
    rest.delete('CPU')
    judge.use(key, this.#place, rest)
    this.node.agent.block(this.id, leaseId)
    this.node.resumeTasks()
    this.tell({ type: 'leaseBlocked', leaseId })
    let left = task.childCount
    for (let i = 0; i < task.childCount; i++) {
      this.tasks.submit({
        request: { cpu: 1, gpu: 0, custom: {} },
        runMs: 10,
        maxRetries: 1,
        isDeadly: false,
        childCount: 0,
        onSettled: () => {
          if (--left > 0) return
          this.#resumptions.set(leaseId, () => {
            judge.runsOn(this.#place, task.taskId)
            judge.use(key, this.#place, amountsOf(allocation))
            this.#later(5, () => {
              judge.free(key)
              this.answer(caller.peer, caller.pendingId, false)
            })
          })
          this.tell({ type: 'leaseUnblocked', leaseId })
        },
      })
    }
  }

  resumed(leaseId: string): void {
    const goOn = this.#resumptions.get(leaseId)
    this.#resumptions.delete(leaseId)
    goOn?.()
  }

  override tellAgain(): void {
    for (const leaseId of this.#resumptions.keys()) this.tell({ type: 'leaseUnblocked', leaseId })
  }

  /** It is gone; `wasOrdered`: a coordinator wanted that. */
  end(wasOrdered: boolean): void {
    this.die()
    for (const [actorId, { spec, incarnation }] of this.#actors) {
      this.world.judge.lifeEnded(actorId, `${actorId}#${incarnation}`)
      this.node.lifeEnded(spec, incarnation, { death: undefined, wasOrdered })
    }
  }
}

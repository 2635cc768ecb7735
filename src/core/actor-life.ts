import type { ActorId, RealmId, WorkerId } from '../protocol/ids.ts'
import type { ActorSpec } from '../protocol/specs.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import { ActorDirectory } from './actor-directory.ts'
import { ActorRecord, isGraceful, workerDeath } from './actor-record.ts'
import type { Books } from './books.ts'
import type { Death, Refusal } from './cluster-events.ts'
import type { Allocation } from './demand.ts'
import type { Slot } from './slot.ts'
import { nextIncarnation } from './term.ts'
import type { WorkerRecord } from './worker-pool.ts'

interface ActorLifeOptions {
  /** It waits for resources from now on. */
  enqueue(actor: ActorRecord): void
  refusalOf(spec: ActorSpec): Refusal | undefined
  stopWorker(workerId: WorkerId | undefined, isGraceful: boolean): void
  /** It is dead: what else it made ends too. */
  ended(actorId: ActorId): void
}

/** The transitions in the lives of all actors. The states are those of ActorRecord. */
export class ActorLife {
  readonly directory: ActorDirectory = new ActorDirectory()
  /** Whether an actor ends because nobody holds it. */
  mayCollect = true
  readonly #books: Books
  readonly #options: ActorLifeOptions

  constructor(books: Books, options: ActorLifeOptions) {
    this.#books = books
    this.#options = options
  }

  request(spec: ActorSpec, isReady: boolean): void {
    const actor = new ActorRecord(spec, isReady)
    actor.incarnation = nextIncarnation(-1, this.#books.term)
    this.directory.add(actor)
    // The request was under way when its worker died.
    if (this.#books.pool.hasEnded(spec.holder))
      return this.bury(actor, { reason: 'OWNER_DIED', message: `its owner (${spec.holder}) has ended` })
    if (this.refuse(actor)) return
    this.directory.nameIt(actor)
    if (isReady) this.#options.enqueue(actor)
    this.#collect(actor)
  }

  /** Ends an actor that no node could ever have. */
  refuse(actor: ActorRecord): boolean {
    const refusal = actor.spec.waitForResources ? undefined : this.#options.refusalOf(actor.spec)
    if (refusal !== undefined) this.bury(actor, deathByRefusal(refusal))
    return refusal !== undefined
  }

  dependenciesReady(actor: ActorRecord): void {
    if (actor.state !== 'DEPENDENCIES_UNREADY' || this.refuse(actor)) return
    actor.state = 'PENDING_CREATION'
    this.#options.enqueue(actor)
  }

  /** It has what it asked for. */
  place(actor: ActorRecord, slot: Slot, allocation: Allocation): void {
    const { pool } = this.#books
    const worker = actor.isDedicated ? pool.fresh(slot.node) : pool.forLightActor(slot.node)
    actor.shape = actor.waiting?.shape
    actor.waiting = undefined
    actor.slot = slot
    actor.allocation = allocation
    actor.workerId = worker.id
    slot.node.actorCount++
    worker.actors.add(actor.id)
    if (worker.state === 'ready') this.createOn(actor, worker)
  }

  createOn({ id, incarnation, allocation }: ActorRecord, worker: WorkerRecord): void {
    const gpuIds = allocation?.gpuIds ?? []
    this.#books.emit({ type: 'createActor', actorId: id, incarnation, workerId: worker.id, gpuIds })
  }

  started(actor: ActorRecord): void {
    // Its worker is being ended: this life is over before it was heard of.
    if (actor.state === 'ALIVE' || actor.isLeaving || this.#books.pool.get(actor.workerId)?.state !== 'ready') return
    actor.state = 'ALIVE'
    this.#books.emit({ type: 'publishActor', actorId: actor.id })
    if (actor.ending !== undefined) this.#dismissOnWorker(actor, actor.ending)
  }

  kill(actor: ActorRecord, wantsRestart: boolean, death: Death): void {
    if (actor.state === 'DEAD') return
    const mayRestart = wantsRestart && actor.mayRestart && actor.ending === undefined
    // On a worker that has not started yet there is nothing of it.
    if (!actor.isDedicated && !mayRestart && this.#books.pool.get(actor.workerId)?.state === 'starting')
      this.#leaveWorker(actor)
    const { workerId } = actor
    if (mayRestart && !actor.isDedicated && this.#books.pool.get(workerId)?.state === 'starting') return
    // Nothing of it runs: there is nothing to restart.
    if (mayRestart && workerId === undefined) return
    if (workerId === undefined || actor.isDedicated) {
      if (!mayRestart) return this.bury(actor, death)
      // Calls made from now on wait for the next life.
      if (actor.state === 'ALIVE') actor.state = 'RESTARTING'
      this.#books.emit({ type: 'publishActor', actorId: actor.id })
      this.#options.stopWorker(workerId, false)
      return
    }
    this.#drop(actor, workerId)
    if (!mayRestart) return this.bury(actor, death)
    if (actor.state === 'ALIVE') actor.state = 'RESTARTING'
    this.#books.emit({ type: 'publishActor', actorId: actor.id })
  }

  // Its next life begins, and what it had is free, when the worker has let go of it: never do two lives run at once.
  #drop(actor: ActorRecord, workerId: WorkerId): void {
    if (actor.isLeaving) return
    actor.isLeaving = true
    this.#books.emit({ type: 'dropActor', actorId: actor.id, incarnation: actor.incarnation, workerId })
  }

  dropped(actor: ActorRecord, incarnation: number): void {
    if (!actor.isLeaving || actor.incarnation !== incarnation) return
    this.#leaveWorker(actor)
    if (actor.state === 'DEAD') return this.directory.retire(actor)
    if (actor.ending !== undefined) return this.bury(actor, actor.ending)
    this.#restart(actor)
  }

  dismiss(actor: ActorRecord, death: Death): void {
    if (actor.state === 'DEAD') return
    const isNews = actor.ending === undefined
    actor.ending ??= death
    if (actor.state === 'ALIVE') {
      if (isNews) this.#dismissOnWorker(actor, death)
      return
    }
    // Calls of other holders may wait for it to be placed: they are answered first.
    if (actor.workerId === undefined && actor.holderCount < 2) this.bury(actor, actor.ending)
  }

  #dismissOnWorker({ id, incarnation, workerId }: ActorRecord, death: Death): void {
    this.#books.emit({ type: 'dismissActor', actorId: id, incarnation, workerId: workerId!, death })
  }

  // A new life knows nothing of what the last one made: that ends with it, as it does with any owner.
  #restart(actor: ActorRecord): void {
    this.#options.ended(actor.id)
    actor.restartCount++
    this.#again(actor)
  }

  #again(actor: ActorRecord): void {
    actor.state = 'RESTARTING'
    actor.incarnation = nextIncarnation(actor.incarnation, this.#books.term)
    this.#books.emit({ type: 'publishActor', actorId: actor.id })
    this.#options.enqueue(actor)
  }

  bury(actor: ActorRecord, death: Death): void {
    if (actor.state === 'DEAD') return
    actor.state = 'DEAD'
    actor.death = death
    if (actor.waiting !== undefined) this.#books.scheduler.remove(actor.waiting)
    actor.waiting = undefined
    this.directory.bury(actor)
    this.#books.emit({ type: 'publishActor', actorId: actor.id })
    // Its resources are free only when its worker is gone: two actors must never be on one GPU.
    if (actor.isDedicated) this.#options.stopWorker(actor.workerId, isGraceful(death))
    else if (!actor.isLeaving) this.#leaveWorker(actor)
    if (actor.workerId === undefined) this.directory.retire(actor)
    this.#options.ended(actor.id)
  }

  hold(actorId: ActorId, realm: RealmId, count: number): void {
    // A realm that has ended holds nothing, whatever was said of it on the way.
    const hasEnded = this.#books.pool.hasEnded(realm)
    const actor = hasEnded ? this.directory.get(actorId) : this.directory.hold(actorId, realm, count)
    if (actor !== undefined) this.#collect(actor)
  }

  /** What nobody holds ends, now and from now on. */
  collectAll(): void {
    this.mayCollect = true
    for (const actor of [...this.directory.all]) this.#collect(actor)
  }

  #collect(actor: ActorRecord): void {
    if (!this.mayCollect || actor.isHeld || actor.spec.isDetached || actor.state === 'DEAD') return
    this.dismiss(actor, { reason: 'OUT_OF_SCOPE', message: 'its last handle was released' })
  }

  /** A realm or an actor is gone: what it made ends unless it is detached, and what it held is released. */
  ownerEnded(owner: RealmId | ActorId): void {
    const message = `its owner (${owner}) has ended; create it with lifetime: 'detached' to let it live on`
    // First: others who hold such an actor are told that, and not that nobody does.
    for (const actor of this.directory.madeBy(owner)) {
      if (!actor.spec.isDetached) this.kill(actor, false, { reason: 'OWNER_DIED', message })
    }
    for (const actor of this.directory.dropHolder(owner)) this.#collect(actor)
  }

  /** The worker it was on is gone. */
  lostWorker(actor: ActorRecord, worker: WorkerRecord, exit: WorkerExit): void {
    this.#release(actor)
    actor.workerId = undefined
    actor.lastExit = exit
    if (actor.state === 'DEAD') return this.directory.retire(actor)
    if (actor.ending !== undefined) return this.bury(actor, actor.ending)
    // What cannot start will not start again either, and its restarts would be spent in no time.
    if (actor.mayRestart && exit.failedToStart !== true) return this.#restart(actor)
    this.bury(actor, workerDeath(actor, worker.id, exit))
  }

  /** Its node would not have it: it waits again, and no restart is spent. */
  takeOff(actor: ActorRecord): void {
    this.#leaveWorker(actor)
    if (actor.state === 'DEAD') return this.directory.retire(actor)
    if (actor.ending !== undefined) return this.bury(actor, actor.ending)
    this.#again(actor)
  }

  #leaveWorker(actor: ActorRecord): void {
    const worker = this.#books.pool.get(actor.workerId)
    actor.workerId = undefined
    if (worker === undefined) return
    worker.actors.delete(actor.id)
    this.#release(actor)
  }

  #release(actor: ActorRecord): void {
    const { slot, allocation } = actor
    actor.isLeaving = false
    if (slot === undefined || allocation === undefined) return
    actor.slot = actor.allocation = undefined
    slot.node.actorCount--
    this.#books.giveBack(slot, allocation)
  }
}

/** Why an actor is dead that could never be placed. */
export function deathByRefusal(refusal: Refusal): Death {
  const { message } = refusal
  if (refusal.isGroupRemoved === true) return { reason: 'PLACEMENT_GROUP_REMOVED', message }
  return { reason: 'UNSCHEDULABLE', message, refusal }
}

import type { ActorView } from '../../../../src/core/cluster-events.ts'
import type { Asker, Realm } from './realm.ts'
import type { CallMessage } from './terms.ts'
import type { Worker } from './worker.ts'

interface Call extends Asker {
  readonly callId: string
  readonly number: number
  readonly runMs: number
  readonly isDeadly: boolean
  incarnation: number
  attempt: number
}

/** What a realm knows of an actor, and its calls on it. It behaves as `RemoteActor` of the runtime does. */
export class RemoteActor {
  readonly actorId: string
  readonly maxTaskRetries: number
  readonly #realm: Realm
  readonly #session: number
  view: ActorView | undefined
  grantCount = 0
  /** Of these, so many were told to a coordinator that has not yet asked this realm. */
  aheadCount = 0
  #queue: Call[] = []
  #limbo: Call[] = []
  #nextSeq = 0
  #nextNumber = 0
  #pendingCount = 0
  /** Calls under way on the present life of the actor, and on earlier ones. */
  #sentCount = 0
  #oldCount = 0
  #isReleased = false
  #failure: string | undefined

  constructor(realm: Realm, actorId: string, terms: { session: number; maxTaskRetries: number }) {
    this.#realm = realm
    this.actorId = actorId
    this.#session = terms.session
    this.maxTaskRetries = terms.maxTaskRetries
  }

  get isHeld(): boolean {
    return this.grantCount > 0
  }

  call(runMs: number, isDeadly: boolean): void {
    const callId = this.#realm.nextId('c')
    this.#realm.promise(callId)
    if (this.#isGone) return this.#realm.settle(callId, 'dead')
    const call: Call = {
      callId,
      number: this.#nextNumber++,
      runMs,
      isDeadly,
      incarnation: -1,
      attempt: 0,
      answered: () => {
        this.#back(call)
        this.#settle(call, 'value')
        this.#pump()
      },
      lost: () => this.#lost(call),
    }
    this.#pendingCount++
    if (this.#queue.length === 0 && this.#isAlive) this.#send(call)
    else this.#queue.push(call)
  }

  #send(call: Call): void {
    const { workerId, incarnation } = this.view!
    call.incarnation = incarnation
    this.#sentCount++
    const message: CallMessage = {
      callId: call.callId,
      actorId: this.actorId,
      incarnation,
      caller: this.#realm.id,
      session: this.#session,
      seq: this.#nextSeq++,
      number: call.number,
      runMs: call.runMs,
      maxRetries: this.maxTaskRetries,
      isDeadly: call.isDeadly && call.attempt < 2,
    }
    const realm = this.#realm
    const { random } = realm.world
    const isRepeated = random.chance(0.1)
    const path = random.chance(0.15) ? ' relayed' : ''
    const deliver = (to: Realm, pendingId: number): void => {
      const arrive = (): void => (to as Worker).onCall(message, pendingId)
      arrive()
      // The same message once more, by another way.
      if (isRepeated) realm.world.clock.after(random.between(0, 60), () => to.node.enter(() => !to.isDead && arrive()))
    }
    realm.ask(workerId!, call, deliver, path)
  }

  #settle(call: Call, outcome: string): void {
    this.#realm.settle(call.callId, outcome)
    this.#pendingCount--
    this.#releaseIfUnused()
  }

  // A call that was on its way is back, in one way or another.
  #back(call: Call): void {
    if (call.incarnation === this.view!.incarnation) this.#sentCount--
    else this.#oldCount--
  }

  #lost(call: Call): void {
    this.#back(call)
    this.#limbo.push(call)
    this.#settleLimbo()
    this.#pump()
  }

  update(view: ActorView): void {
    const known = this.view
    if (known !== undefined && (view.incarnation < known.incarnation || known.state === 'DEAD')) return
    if (known === undefined || view.incarnation > known.incarnation) {
      this.#nextSeq = 0
      this.#oldCount += this.#sentCount
      this.#sentCount = 0
    }
    this.view = view
    this.#settleLimbo()
    if (this.#isGone) this.#rejectQueue()
    else this.#pump()
  }

  /** It was never made, or is long forgotten. */
  fail(why: string): void {
    this.#failure ??= why
    this.#settleLimbo()
    this.#rejectQueue()
  }

  // Calls that are to be repeated come before later ones: nothing is sent until all of them are back.
  get #isAlive(): boolean {
    if (this.#oldCount > 0 && this.maxTaskRetries !== 0) return false
    return this.view?.state === 'ALIVE' && this.#failure === undefined
  }

  get #isGone(): boolean {
    return this.#failure !== undefined || this.view?.state === 'DEAD'
  }

  #pump(): void {
    if (!this.#isAlive) return
    const ready = this.#queue
    this.#queue = []
    for (const call of ready) this.#send(call)
  }

  #rejectQueue(): void {
    const queue = this.#queue
    this.#queue = []
    for (const call of queue) this.#settle(call, this.#failure ?? 'died')
  }

  #settleLimbo(): void {
    const limbo = this.#limbo
    this.#limbo = []
    const again: Call[] = []
    for (const call of limbo) {
      if (this.#isGone) this.#settle(call, 'died')
      else if (this.view!.incarnation === call.incarnation) this.#limbo.push(call)
      else if (this.maxTaskRetries < 0 || call.attempt < this.maxTaskRetries) {
        call.attempt++
        again.push(call)
      } else this.#settle(call, 'unavailable')
    }
    if (again.length > 0) this.#queue = [...again, ...this.#queue].sort((a, b) => a.number - b.number)
  }

  /** Lets go of all handles of this realm: counts after the calls made before. */
  release(): void {
    this.#isReleased = true
    this.#releaseIfUnused()
  }

  #releaseIfUnused(): void {
    if (!this.#isReleased || this.#pendingCount > 0 || this.grantCount === 0) return
    const count = this.grantCount
    this.grantCount = 0
    this.#realm.remotes.delete(this.actorId)
    const { actorId } = this
    this.#realm.send((coordinator) => coordinator.unwatch(actorId, this.#realm))
    this.#realm.tell({ type: 'handlesReleased', actorId, realm: this.#realm.id, count })
  }
}

import { CannotBlockError, DeadlockError } from '../protocol/errors.ts'
import type { ActorId, RealmId } from '../protocol/ids.ts'
import { Op } from '../protocol/messages.ts'
import type { ActorSpec } from '../protocol/specs.ts'
import { MessagePortChannel } from '../transport/message-port.ts'
import { outsideCalls } from './context.ts'
import { type Inbox, makeInbox } from './inbox.ts'
import type { Link } from './link.ts'
import type { CreateActor } from './local-actors.ts'
import type { Runtime } from './runtime.ts'
import { type Probe, sendProbe, type WaitTarget } from './sync-circles.ts'

/** What a realm blocks for. */
export interface BlockedFor {
  /** Who waits, for people: `Counter.increment (w1:a2)`. */
  readonly label: string
  isDone(): boolean
  /** What alone can end the wait, where that is known. */
  target(): WaitTarget | undefined
  /** Whether what it waits for comes from this realm. */
  isFrom(realm: RealmId): boolean
  /** Whether it waits for a call on this actor. */
  isOn(actorId: ActorId): boolean
}

interface BlockedWait {
  readonly what: BlockedFor
  readonly number: number
  /** Where the search for a circle was sent last. */
  sentTo: string | undefined
  /** The waits of a circle that this one is in. */
  circle: readonly string[] | undefined
}

type HeldRecord = readonly [link: Link, op: number, batch: readonly unknown[], at: number]

/** Peers that do not know the bell yet, or are stuck themselves, have sent their messages without ringing. */
const lookEveryMs = 20

/** What starts code of the user's, and what must not overtake it: it waits until the realm does not block any more. */
const startsCode: ReadonlySet<number> = new Set([
  Op.call,
  Op.task,
  Op.create,
  Op.callback,
  Op.cancel,
  Op.taken,
  Op.request,
])
/** What no order binds to such records of the same link: answers, and what the coordinator tells. */
const isUnbound: ReadonlySet<number> = new Set([Op.item, Op.end, Op.started, Op.fetch, Op.settled, Op.notify])
/** Requests that are news. */
const news: ReadonlySet<unknown> = new Set(['handingOver', 'handsOver'])

/**
 * Lets a worker realm wait without its event loop: while it blocks it reads its links itself, so that everything that
 * leads to the awaited values goes on (actors start, leases come, calls are retried, objects are served); what would run
 * code of the user's here is held back until the wait is over, in its order.
 */
export class Blocking {
  readonly #runtime: Runtime
  readonly #inbox: Inbox = makeInbox()
  #wait: BlockedWait | undefined
  #waitCount = 0
  #held: HeldRecord[] = []
  #isHolding = false
  #isReplaying = false

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** What it blocks for now. */
  get blockedFor(): BlockedFor | undefined {
    return this.#wait?.what
  }

  /**
   * Blocks until `what` is done; false when so many milliseconds are over. Throws DeadlockError when it can never be
   * done, because what it waits for waits for this realm.
   */
  wait(what: BlockedFor, timeoutMs: number): boolean {
    const outer = this.#wait
    const wait: BlockedWait = { what, number: ++this.#waitCount, sentTo: undefined, circle: undefined }
    this.#wait = wait
    this.#isHolding = true
    if (outer === undefined) this.#inbox.begin()
    const end = performance.now() + timeoutMs
    try {
      for (;;) {
        const { count } = this.#inbox
        const hasReceived = this.#exchange()
        if (what.isDone()) return true
        this.#refuseStuck(what)
        this.#seekCircle(wait)
        if (wait.circle !== undefined) return this.#lastLook(wait)
        const leftMs = end - performance.now()
        if (leftMs <= 0) return false
        if (!hasReceived) this.#inbox.sleep(count, Math.min(leftMs, lookEveryMs))
      }
    } finally {
      this.#wait = outer
      if (outer === undefined) {
        this.#inbox.end()
        this.#release()
      }
    }
  }

  // Sends what is to be sent and reads what has come.
  #exchange(): boolean {
    for (const { connection } of this.#runtime.openLinks) connection.flush()
    const hasReceived = this.#inbox.receive(this.#runtime.openLinks)
    // What came may have led to new messages: no microtask sends them.
    if (hasReceived) for (const { connection } of this.#runtime.openLinks) connection.flush()
    return hasReceived
  }

  // An answer may have come by another link while the search came back.
  #lastLook({ what, circle }: BlockedWait): true {
    this.#exchange()
    if (what.isDone()) return true
    const chain = circle!.join(', which waits for ')
    throw new DeadlockError(
      `getSync would wait for ever: ${chain}, which waits for the first. Use await get(ref) in one of them.`,
      { chain },
    )
  }

  // What the platform's courier cannot bring (ports, streams, blobs) is not waited for until the time is over.
  #refuseStuck(what: BlockedFor): void {
    for (const { channel, peer } of this.#runtime.openLinks) {
      const isNeeded = peer === this.#runtime.config.mainId || what.isFrom(peer)
      if (isNeeded && channel instanceof MessagePortChannel && channel.isStuck)
        throw new CannotBlockError(
          `What ${peer} has sent holds a part that cannot come while this worker blocks (a MessagePort, a stream, a Blob or the like): use await get(ref).`,
          { workerId: peer },
        )
    }
  }

  #seekCircle(wait: BlockedWait): void {
    const { realmId } = this.#runtime
    const target = wait.what.target()
    if (target === undefined) return
    if (target.realm === realmId) {
      wait.circle ??= [`${wait.what.label} waits for a call that only its own worker can run`]
      return
    }
    const key = `${target.realm} ${target.objectId ?? ''}`
    if (wait.sentTo === key) return
    wait.sentTo = key
    sendProbe(this.#runtime, target, {
      origin: realmId,
      number: wait.number,
      labels: [wait.what.label],
      realms: [realmId],
    })
  }

  /** A search that this realm has sent has come back: it is in a circle if it still blocks for the same. */
  cameBack(probe: Probe): void {
    const wait = this.#wait
    if (wait?.number === probe.number) wait.circle ??= probe.labels
  }

  // ---- what is held back

  /** Whether a record waits until this realm does not block any more. */
  holdsBack(link: Link, op: number, batch: readonly unknown[], at: number): boolean {
    return this.#isHolding && this.#holdsBack(link, op, batch, at)
  }

  #holdsBack(link: Link, op: number, batch: readonly unknown[], at: number): boolean {
    if (isUnbound.has(op) || (op === Op.request && news.has(batch[at + 1]))) return false
    if (!startsCode.has(op) && !this.#held.some((record) => record[0] === link)) return false
    this.#held.push([link, op, batch, at])
    if (op === Op.create) this.#seeCreation(batch[at + 2] as ActorId, (batch[at + 1] as ActorSpec).handle.className)
    if (op === Op.request && batch[at + 1] === 'createActor') {
      const { actorId, className } = (batch[at + 2] as CreateActor).spec.handle
      this.#seeCreation(actorId, className)
    }
    return true
  }

  // The actor that it waits for is to live here.
  #seeCreation(actorId: ActorId, className: string): void {
    const wait = this.#wait
    if (wait?.what.isOn(actorId))
      wait.circle ??= [`${wait.what.label} waits for ${className}, which is to start in the same worker`]
  }

  // Before any further message is read, but when nothing of the user's is on the stack.
  #release(): void {
    if (this.#held.length === 0 && !this.#isReplaying) this.#isHolding = false
    else if (!this.#isReplaying) queueMicrotask(() => outsideCalls(() => this.#replay()))
  }

  #replay(): void {
    if (this.#isReplaying) return
    this.#isReplaying = true
    for (let next = this.#held.shift(); next !== undefined; next = this.#held.shift()) {
      const [link, op, batch, at] = next
      link.handle(op, batch, at)
    }
    this.#isReplaying = false
    this.#isHolding = false
  }
}

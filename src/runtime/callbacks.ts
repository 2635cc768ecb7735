import { WorkerCrashedError } from '../protocol/errors.ts'
import { Op } from '../protocol/messages.ts'
import type { Link } from './link.ts'
import type { ObjectEntry } from './object-entry.ts'
import { entryOf, type ObjectRef } from './object-ref.ts'
import type { AnyFunction } from './registry.ts'
import type { Runtime } from './runtime.ts'
import { settlePromise } from './sinks.ts'
import type { LiveKind } from './values.ts'

const proxied = new WeakSet<object>()
/** The refs behind functions that live in another realm. */
const remotes = new WeakMap<object, ObjectRef>()

/** Marks a function to travel as a callback: it stays where it is, others call it and await the result. */
export function markProxied<F extends AnyFunction>(fn: F): F {
  proxied.add(fn)
  return fn
}

/** Functions of this realm that others hold. They are objects of this realm: counted and released like every other. */
export class Callbacks {
  readonly #runtime: Runtime
  readonly #entries = new WeakMap<object, ObjectEntry>()
  readonly #functions = new WeakMap<ObjectEntry, AnyFunction>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  entryFor(fn: AnyFunction): ObjectEntry {
    const remote = remotes.get(fn)
    if (remote !== undefined) return entryOf(remote)!
    let entry = this.#entries.get(fn)
    if (entry === undefined) {
      entry = this.#runtime.objects.create()
      this.#entries.set(fn, entry)
      this.#functions.set(entry, fn)
    }
    return entry
  }

  /** The function that calls back to its owner. Calling a callback of this very realm calls the function itself. */
  remote(ref: ObjectRef): AnyFunction {
    const entry = entryOf(ref)!
    const own = this.#functions.get(entry)
    if (own !== undefined) return own
    const call = (...args: never[]): Promise<unknown> => this.#call(entry, args)
    remotes.set(call, ref)
    return call
  }

  async #call(entry: ObjectEntry, args: readonly unknown[]): Promise<unknown> {
    const { values } = this.#runtime
    const packed = values.pack(args, 'args')
    const { owner } = entry
    const link = this.#runtime.linkTo(owner)
    return settlePromise(values, (sink) => {
      const lost = (reason: string): void => {
        // An inline worker that has ended is as gone as a real one: nobody is left to hear of it.
        if (this.#runtime.isShutDown && !this.#runtime.isDriver) return
        const text = `The realm that owns the callback (${owner}) has ended: ${reason}.`
        sink.reject(values.packThrown(new WorkerCrashedError(text)))
      }
      if (link.connection.isClosed) return lost('its connection is closed')
      const callId = link.connection.pending.add({
        onValue: (value, specials) => sink.resolve({ value, specials: values.fromWire(specials) }),
        onError: (value, specials) => sink.reject({ value, specials: values.fromWire(specials) }),
        onLost: lost,
      })
      link.connection.post(
        [Op.callback, callId, entry.id, packed.value, values.toWire(packed.specials, link.peer)],
        packed.transfer,
      )
      values.release(packed.specials)
    })
  }

  onCall(link: Link, batch: readonly unknown[], at: number): void {
    void this.#answer(link, batch[at] as number, String(batch[at + 1]), batch[at + 2], batch[at + 3])
  }

  async #answer(link: Link, callId: number, id: string, value: unknown, specials: unknown): Promise<void> {
    const { values, objects } = this.#runtime
    try {
      const entry = objects.lent(id)
      const fn = entry === undefined ? undefined : this.#functions.get(entry)
      if (fn === undefined) throw new WorkerCrashedError(`The callback ${id} was released.`)
      const args = values.open({ value, specials: values.fromWire(specials) }) as never[]
      const result: unknown = await fn(...args)
      const packed = values.pack(result, 'result')
      link.replyValue(callId, packed, 'result')
      values.release(packed.specials)
    } catch (error) {
      link.replyError(callId, values.packThrown(error, { method: 'callback', workerId: this.#runtime.realmId }))
    }
  }
}

/** How proxied functions travel. */
export function callbackKind(runtime: Runtime): LiveKind {
  return {
    kind: 'callback',
    isLive: true,
    matches: (value) => typeof value === 'function' && (proxied.has(value) || remotes.has(value)),
    pack: (value) => value,
    unpack: (payload) => payload,
    describe(payload, receiver) {
      const entry = runtime.callbacks.entryFor(payload as AnyFunction)
      runtime.objects.grant(entry, receiver)
      return entry.id
    },
    twin: (payload) => payload,
    release() {},
    revive: (description) => runtime.callbacks.remote(runtime.objects.adopt(String(description))),
  }
}

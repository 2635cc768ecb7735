import { isPrimitive } from '../protocol/codec.ts'
import { Op } from '../protocol/messages.ts'
import type { ActorSpec } from '../protocol/specs.ts'
import type { Pending } from '../transport/pending-table.ts'
import type { Link } from './link.ts'
import type { CreateActor } from './local-actors.ts'
import type { Runtime } from './runtime.ts'

/** What becomes of an actor that a worker was told to make, `what` says which. */
interface CreationOutcomes<T> {
  started(what: T): void
  failed(what: T, error: unknown): void
}

/**
 * Tells workers to make actors. Those that ask for nothing but plain values wait in the batch of their link, and what
 * actors made alike have in common is in it once.
 */
export class Creations<T> {
  readonly #runtime: Runtime
  readonly #outcomes: CreationOutcomes<T>
  /** Stands for all that are like it: one object in a batch is copied once. */
  #pattern: ActorSpec | undefined

  constructor(runtime: Runtime, outcomes: CreationOutcomes<T>) {
    this.#runtime = runtime
    this.#outcomes = outcomes
  }

  /** A worker that has ended answers nothing: its end is told in other ways. */
  send(link: Link, order: CreateActor, transfer: readonly object[] | undefined, what: T): void {
    const { spec, incarnation, gpuIds, args, state } = order
    const values = args.value as readonly unknown[]
    if (state !== undefined || args.specials !== undefined || transfer !== undefined || !values.every(isPrimitive)) {
      const outcomes = this.#outcomes
      link.ask<void>('createActor', order, transfer).then(
        () => outcomes.started(what),
        (error: unknown) => outcomes.failed(what, error),
      )
      return
    }
    if (link.connection.isClosed) return
    if (this.#pattern === undefined || !isAlike(spec, this.#pattern)) this.#pattern = spec
    const callId = link.connection.pending.add(new Creation(this.#runtime, this.#outcomes, what))
    link.connection.send(Op.create, callId, this.#pattern, spec.handle.actorId, incarnation, gpuIds, values)
  }
}

class Creation<T> implements Pending {
  readonly #runtime: Runtime
  readonly #outcomes: CreationOutcomes<T>
  readonly #what: T

  constructor(runtime: Runtime, outcomes: CreationOutcomes<T>, what: T) {
    this.#runtime = runtime
    this.#outcomes = outcomes
    this.#what = what
    runtime.busy(1)
  }

  onValue(): void {
    this.#runtime.busy(-1)
    this.#outcomes.started(this.#what)
  }

  onError(value: unknown, specials: unknown): void {
    const { values } = this.#runtime
    this.#runtime.busy(-1)
    this.#outcomes.failed(this.#what, values.openThrown({ value, specials: values.fromWire(specials) }).thrown)
  }

  onLost(): void {
    this.#runtime.busy(-1)
  }
}

// A request is one starter's: what came by the same one differs in nothing but in which actor it is and who made it.
function isAlike(one: ActorSpec, other: ActorSpec): boolean {
  return one.request === other.request && one.definition === other.definition && one.namespace === other.namespace
}

import type { Packed } from '../protocol/codec.ts'
import type { ActorId, Incarnation } from '../protocol/ids.ts'
import type { CheckpointSpec } from '../protocol/specs.ts'
import type { Runtime } from './runtime.ts'

type Methods = Record<string, ((...args: unknown[]) => unknown) | undefined>

/**
 * Saves an actor's state with the coordinator after every n-th call, before that call is answered, so that what a caller
 * was told is never lost by a restart.
 */
export class Checkpoints {
  readonly #runtime: Runtime
  readonly #spec: CheckpointSpec
  readonly #life: { readonly actorId: ActorId; readonly incarnation: Incarnation }
  #callCount = 0

  constructor(runtime: Runtime, spec: CheckpointSpec, life: { actorId: ActorId; incarnation: Incarnation }) {
    this.#runtime = runtime
    this.#spec = spec
    this.#life = life
  }

  /** Gives the result of a call on, after a checkpoint when one is due. */
  after(object: Methods, result: unknown): unknown {
    if (isThenable(result)) return result.then((value) => this.#settled(object, value))
    return this.#settled(object, result)
  }

  /** Hands the last saved state to a restarted actor. */
  async restore(object: Methods, state: Packed): Promise<void> {
    await object[this.#spec.restore]!.call(object, this.#runtime.values.open(state))
  }

  #settled(object: Methods, value: unknown): unknown {
    const { save, every } = this.#spec
    if (++this.#callCount % every !== 0) return value
    const state = object[save]!.call(object)
    if (!isThenable(state)) {
      this.#send(state)
      return value
    }
    return state.then((later) => {
      this.#send(later)
      return value
    })
  }

  #send(state: unknown): void {
    const packed = this.#runtime.values.pack(state, 'checkpoint')
    this.#runtime.control.saveCheckpoint(this.#life.actorId, this.#life.incarnation, packed)
    this.#runtime.values.release(packed.specials)
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

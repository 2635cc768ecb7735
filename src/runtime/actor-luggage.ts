import type { Packed, Special } from '../protocol/codec.ts'
import type { ActorId } from '../protocol/ids.ts'

/** What each life of an actor starts with: its constructor's arguments, and its last checkpoint. The core never sees it. */
export class ActorLuggage {
  readonly #args = new Map<ActorId, Packed>()
  readonly #checkpoints = new Map<ActorId, Packed>()
  readonly #release: (specials: readonly Special[] | undefined) => void

  /** @param release gives up what a packed value holds of refs and handles. */
  constructor(release: (specials: readonly Special[] | undefined) => void) {
    this.#release = release
  }

  setArguments(actorId: ActorId, args: Packed): void {
    this.#args.set(actorId, args)
  }

  setCheckpoint(actorId: ActorId, state: Packed): void {
    this.#release(this.#checkpoints.get(actorId)?.specials)
    this.#checkpoints.set(actorId, state)
  }

  /** For the next life; the last one takes the arguments themselves with it. */
  take(actorId: ActorId, isLast: boolean): { args: Packed; transfer: Packed['transfer']; state?: Packed } {
    const { value, specials, transfer } = this.#args.get(actorId)!
    const args = { value, specials, transfer: undefined }
    const state = this.#checkpoints.get(actorId)
    const taken = { args, transfer: isLast ? transfer : undefined }
    return state === undefined ? taken : { ...taken, state }
  }

  dropArguments(actorId: ActorId): void {
    this.#release(this.#args.get(actorId)?.specials)
    this.#args.delete(actorId)
  }

  drop(actorId: ActorId): void {
    this.dropArguments(actorId)
    this.#release(this.#checkpoints.get(actorId)?.specials)
    this.#checkpoints.delete(actorId)
  }
}

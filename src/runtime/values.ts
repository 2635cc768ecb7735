import {
  Codec,
  isPrimitive,
  type Packed,
  pathTo,
  type Special,
  type SpecialKind,
  serializationError,
} from '../protocol/codec.ts'
import { decodeThrown, type EncodedThrown, type ErrorRealm, encodeThrown } from '../protocol/error-codec.ts'
import { markTaskError, SerializationError, type TaskFacts, taskFactsOf } from '../protocol/errors.ts'
import type { RealmId } from '../protocol/ids.ts'
import { copySmall } from '../protocol/small-copy.ts'
import { specialsWithin } from '../protocol/specials-within.ts'
import { handleKind } from './actor-handle.ts'
import { actorObjects } from './actor-objects.ts'
import { callbackKind } from './callbacks.ts'
import { comlinkKind } from './comlink-handlers.ts'
import type { Reading, Stored } from './object-entry.ts'
import { refKind } from './objects.ts'
import { type Definition, realmState } from './registry.ts'
import type { Runtime } from './runtime.ts'
import { type SharedBuffers, type SharedPart, sharedKind } from './shared-buffers.ts'
import { signalKind } from './signals.ts'

/** A kind whose payload is a living object of this realm. */
export interface LiveKind extends SpecialKind {
  /** What is sent in its place; the receiver is given a hold on it. */
  describe(payload: unknown, receiver: RealmId): unknown
  /** The living object in the receiving realm. */
  revive(description: unknown): unknown
  /** Another one like it, with a hold of its own. */
  twin(payload: unknown): unknown
  /** Gives its hold up. */
  release(payload: unknown): void
}

export const transferMarks: WeakMap<object, readonly object[]> = new WeakMap()

const isMarked = (object: object): boolean => transferMarks.has(object)

/** Turns users' values into what channels and the store carry, and back. One per runtime. */
export class Values {
  readonly #codec: Codec
  readonly #live: ReadonlyMap<string, LiveKind>
  readonly #errors: ErrorRealm
  readonly #shared: SharedBuffers

  constructor(runtime: Runtime) {
    this.#shared = runtime.shared
    this.#errors = {
      idOf: (cls) => realmState().classIds.get(cls),
      classOf: (id) => realmState().definitions.get(id)?.target as { prototype: object } | undefined,
      domException: globalThis.DOMException,
      canTravel: (value) => this.canTravel(value),
    }
    const live: LiveKind[] = [
      refKind(runtime),
      handleKind(runtime),
      callbackKind(runtime),
      signalKind(runtime),
      sharedKind(runtime),
    ]
    this.#live = new Map(live.map((kind) => [kind.kind, kind]))
    this.#codec = new Codec(
      [...live, errorKind(this.#errors), classKind(), comlinkKind(transferMarks)],
      transferMarks,
      (value) => actorObjects.has(value),
    )
  }

  pack(value: unknown, root: string): Packed {
    return this.#codec.pack(value, root)
  }

  /** A copy of a small value of plain data, made now; undefined when it is more than that. */
  copySmall(value: object): object | undefined {
    return copySmall(value, isMarked)
  }

  /** Packs what a call sends, now: with `sharedMemory: 'auto'` its large arrays go into shared memory. */
  packToSend(value: unknown, root: string): Packed {
    return this.#shared.isAlways ? this.#shared.whileSharing(() => this.pack(value, root)) : this.pack(value, root)
  }

  /** Packs and copies: what the caller does to the value afterwards is not seen. */
  snapshot(value: unknown, root: string): Packed {
    const packed = this.pack(value, root)
    try {
      return this.copy(packed, root)
    } finally {
      this.release(packed.specials)
    }
  }

  /** The same, with its large arrays in shared memory. */
  share(value: unknown, root: string): Packed {
    return this.#shared.whileSharing(() => this.snapshot(value, root))
  }

  /** Gives up what a packed value holds of refs and handles; it is not used any more. */
  release(specials: readonly Special[] | undefined): void {
    for (const [, kind, payload] of specials ?? []) this.#live.get(kind)?.release(payload)
  }

  /** Copies a packed value, with holds of its own; what is in its transfer list is moved. */
  copy(packed: Packed, root: string): Packed {
    if (isPrimitive(packed.value)) return packed
    const { value, specials, transfer } = packed
    const only = specials?.length === 1 ? specials[0]! : undefined
    // Nothing of it is data: an array over shared memory, a ref, a handle.
    if (only !== undefined && only[0] === value && this.#live.has(only[1]) && transfer === undefined)
      return { value, specials: [this.#twin(only)], transfer }
    const data = specials?.map(([placeholder, kind, payload]) => [
      placeholder,
      this.#live.has(kind) ? undefined : payload,
    ])
    try {
      const [copied, copies, moved] = structuredClone([value, data, transfer], {
        transfer: (transfer ?? []) as Transferable[],
      }) as [unknown, [object, unknown][] | undefined, object[] | undefined]
      return {
        value: copied,
        specials: specials?.map(([, kind, payload], i): Special => {
          const live = this.#live.get(kind)
          return [copies![i]![0], kind, live === undefined ? copies![i]![1] : live.twin(payload)]
        }),
        transfer: moved,
      }
    } catch (error) {
      throw this.explain(error, value, root)
    }
  }

  /** The user's value; the stored one is used up. */
  open(stored: Stored): unknown {
    return this.#codec.unpack(stored)
  }

  /** The user's value, as a copy of its own. */
  openCopy(stored: Stored): unknown {
    if (isPrimitive(stored.value)) return stored.value
    let copy: Stored
    try {
      copy = this.copy({ value: stored.value, specials: stored.specials, transfer: undefined }, 'value')
    } catch (error) {
      // What can only be moved (a port, a stream) has one reader and is given to it.
      if (error instanceof SerializationError) return this.open(stored)
      throw error
    }
    return this.open(copy)
  }

  /** A part of a value that was packed as a whole, with holds of its own. */
  part(value: unknown, specials: readonly Special[]): Stored {
    return { value, specials: specialsWithin(value, specials).map((special) => this.#twin(special)) }
  }

  /** The user's value of a reading, for one reader. `isOwn`: also shared memory is copied. */
  openReading({ stored, isPrivate }: Reading, isOwn = false): unknown {
    const specials = isOwn ? stored.specials?.map(ownPart) : stored.specials
    if (!isPrivate) return this.openCopy({ value: stored.value, specials })
    return this.open({ value: stored.value, specials: this.twins(specials) })
  }

  /** The same specials, with holds of their own. */
  twins(specials: readonly Special[] | undefined): Special[] | undefined {
    return specials?.map((special) => this.#twin(special))
  }

  #twin([placeholder, kind, payload]: Special): Special {
    const live = this.#live.get(kind)
    return [placeholder, kind, live === undefined ? payload : live.twin(payload)]
  }

  isLive(kind: string): boolean {
    return this.#live.has(kind)
  }

  /** What a value that arrived holds: refs and handles. */
  held(specials: readonly Special[] | undefined): Disposable[] {
    return (specials ?? [])
      .filter(([, kind]) => kind === 'ref' || kind === 'handle')
      .map(([, , payload]) => payload as Disposable)
  }

  toWire(specials: readonly Special[] | undefined, receiver: RealmId): Special[] | undefined {
    return specials?.map((special) => {
      const kind = this.#live.get(special[1])
      return kind === undefined ? special : [special[0], special[1], kind.describe(special[2], receiver)]
    })
  }

  fromWire(specials: unknown): Special[] | undefined {
    return (specials as Special[] | undefined)?.map((special) => {
      const kind = this.#live.get(special[1])
      return kind === undefined ? special : [special[0], special[1], kind.revive(special[2])]
    })
  }

  /** An error made in this realm (a timeout, a signal's reason, a dead actor), to be thrown here as it is. */
  keepThrown(error: unknown): Stored {
    return { value: undefined, specials: undefined, local: { error } }
  }

  /** A stored error, ready to be sent. */
  packStored(stored: Stored): Packed {
    return stored.local === undefined ? { ...stored, transfer: undefined } : this.packThrown(stored.local.error)
  }

  /** What was thrown, ready to be stored or sent. */
  packThrown(thrown: unknown, facts?: TaskFacts): Packed {
    if (facts !== undefined && thrown instanceof Error && taskFactsOf(thrown) === undefined)
      markTaskError(thrown, facts)
    const encoded = encodeThrown(thrown, this.#errors)
    return this.#codec.pack(facts === undefined ? encoded : { ...encoded, facts }, 'error')
  }

  /** An encoded error, ready to be stored. */
  packEncoded(encoded: EncodedThrown): Packed {
    return this.#codec.pack(encoded, 'error')
  }

  /** What was thrown, as data. */
  encodeThrown(thrown: unknown): EncodedThrown {
    return encodeThrown(thrown, this.#errors)
  }

  decodeThrown(encoded: EncodedThrown): unknown {
    return decodeThrown(encoded, this.#errors)
  }

  /** The stored error again, a fresh instance for each reader. */
  openThrown(stored: Stored): { thrown: unknown; facts: TaskFacts | undefined } {
    if (stored.local !== undefined) return { thrown: stored.local.error, facts: undefined }
    const encoded = this.openCopy(stored) as EncodedThrown & { facts?: TaskFacts }
    return { thrown: decodeThrown(encoded, this.#errors), facts: encoded.facts }
  }

  canTravel(value: unknown): boolean {
    if (isPrimitive(value)) return true
    // Errors among the fields of errors among the fields ...: somewhere it is enough.
    if (this.#travelDepth > 4) return false
    this.#travelDepth++
    try {
      if (!this.#codec.canPack(value)) return false
      this.release(this.snapshot(value, 'value').specials)
      return true
    } catch {
      return false
    } finally {
      this.#travelDepth--
    }
  }
  #travelDepth = 0

  /** Names the part of a value that the platform refused to copy. */
  explain(error: unknown, value: unknown, root: string): unknown {
    const isRefusal =
      error instanceof Error &&
      (error.name === 'DataCloneError' || (error as { code?: unknown }).code === missingTransfer)
    if (!isRefusal) return error
    const { path, value: part } = pathTo(
      value,
      root,
      (item) => !isCloneable(item),
      () => false,
    )
    return Object.assign(serializationError(path, part), { cause: error })
  }
}

function ownPart(special: Special): Special {
  const [placeholder, kind, payload] = special
  return kind === 'shared' ? [placeholder, kind, { ...(payload as SharedPart), isCopied: true }] : special
}

// Node's own error for a MessagePort that is not in the transfer list; browsers throw a DataCloneError.
const missingTransfer = 'ERR_MISSING_TRANSFERABLE_IN_TRANSFER_LIST'

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

function errorKind(realm: ErrorRealm): SpecialKind {
  return {
    kind: 'error',
    isLive: false,
    matches: (value) => value instanceof Error,
    pack: (value) => encodeThrown(value, realm),
    unpack: (payload) => decodeThrown(payload as EncodedThrown, realm),
  }
}

function classKind(): SpecialKind {
  const idOf = (value: object): string | undefined => {
    const cls: unknown = (Object.getPrototypeOf(value) as { constructor?: unknown } | null)?.constructor
    return typeof cls === 'function' ? realmState().classIds.get(cls) : undefined
  }
  return {
    kind: 'class',
    isLive: false,
    matches: (value) => typeof value === 'object' && idOf(value) !== undefined,
    pack(value) {
      const id = idOf(value)!
      const codec = realmState().definitions.get(id)?.codec
      return { id, data: codec === undefined ? { ...value } : codec.encode(value as never) }
    },
    unpack(payload) {
      const { id, data } = payload as { id: string; data: object }
      return knownClass(id).codec!.decode(data as never)
    },
    inTwoSteps: {
      begin(payload) {
        const { codec, target } = knownClass((payload as { id: string }).id)
        return codec === undefined ? Object.create(target.prototype) : undefined
      },
      finish(instance, payload) {
        Object.defineProperties(instance, Object.getOwnPropertyDescriptors((payload as { data: object }).data))
      },
    },
  }
}

function knownClass(id: string): Definition {
  const definition = realmState().definitions.get(id)
  if (definition?.kind === 'class') return definition
  throw new SerializationError(
    `The class ${id} is not known in this realm. Import the module that registers it (registerClass) here too.`,
  )
}

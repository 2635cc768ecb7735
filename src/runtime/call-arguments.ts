import { isPrimitive, type Packed, type Special } from '../protocol/codec.ts'
import type { EncodedThrown } from '../protocol/error-codec.ts'
import { isOnDevice, mainOf, type NodeId, type RealmId } from '../protocol/ids.ts'
import { bytesOf, lookAt, nodeOfMost } from './far-objects.ts'
import type { ObjectEntry, Reading } from './object-entry.ts'
import { entryOf, isObjectRef, ObjectRef } from './object-ref.ts'
import type { Runtime } from './runtime.ts'

/** A ref at the top level of the arguments, and its value once it has been read. */
interface RefArgument {
  readonly index: number
  readonly entry: ObjectEntry
  /** What is sent in its place when the callee is to fetch the value. */
  far?: { readonly ref: ObjectRef; readonly placeholder: object }
  reading?: Reading
  /** Why its value could not be read. */
  failure?: unknown
}

/** The arguments of a call, made ready to travel. Refs at the top level stand for their values. */
export class CallArguments {
  readonly #runtime: Runtime
  value: unknown[]
  specials: readonly Special[] | undefined
  transfer: readonly object[] | undefined
  /** Only primitives, or a small copy that is nobody else's: may wait in a batch. */
  isPlain: boolean
  #refs: RefArgument[] | undefined
  #isKept = false
  /** Whoever gets them can fetch values by itself. */
  readonly #mayStayFar: boolean

  constructor(runtime: Runtime, args: unknown[], mayStayFar: boolean) {
    this.#runtime = runtime
    this.#mayStayFar = mayStayFar
    this.value = args
    this.isPlain = true
    let refs: RefArgument[] | undefined
    for (let index = 0; index < args.length; index++) {
      const arg = args[index]
      if (isPrimitive(arg)) continue
      this.isPlain = false
      if (!isObjectRef(arg)) continue
      const entry = entryOf(arg)
      if (entry === undefined) throw new TypeError(`args[${index}] is a ref that was disposed (${arg.id}).`)
      refs ??= []
      refs.push({ index, entry })
      // Held until the call is done: the user's ref may be disposed before.
      runtime.objects.addRef(arg, entry)
      args[index] = undefined
    }
    this.#refs = refs
    if (this.isPlain) return
    const copy = refs === undefined ? runtime.values.copySmall(args) : undefined
    if (copy !== undefined) {
      this.value = copy as unknown[]
      this.isPlain = true
      return
    }
    const packed = runtime.values.packToSend(args, 'args')
    this.value = packed.value as unknown[]
    this.specials = packed.specials
    this.transfer = packed.transfer
  }

  get isReady(): boolean {
    return this.#refs === undefined || this.#refs.every((ref) => this.#isRead(ref))
  }

  /** One of the refs is known to have no value. */
  get hasFailed(): boolean {
    return (
      this.#refs?.some(({ entry, failure }) => failure !== undefined || (entry.isSettled && entry.state !== 'value')) ??
      false
    )
  }

  /** The node that it is best to be near to; undefined: any. */
  get nearNodeId(): NodeId | undefined {
    return this.#refs === undefined ? undefined : nodeOfMost(this.#refs.map(({ entry }) => entry))
  }

  // Known to be large and elsewhere, or on a device, perhaps the callee's: the callee gets the ref.
  #isFar({ entry }: RefArgument): boolean {
    if (!this.#mayStayFar) return false
    return isOnDevice(entry.id) || (entry.state === 'pending' && entry.farBytes !== undefined)
  }

  #isRead(ref: RefArgument): boolean {
    return isRead(ref) || this.#isFar(ref)
  }

  /** Calls back when every ref has its value, here or where the callee can fetch it, or its error. */
  whenReady(then: () => void): void {
    let waiting = 1
    const arrived = (): void => {
      if (--waiting === 0) then()
    }
    for (const ref of this.#refs ?? []) {
      if (this.#isRead(ref)) continue
      waiting++
      if (this.#mayStayFar) {
        lookAt(this.#runtime, ref.entry)
        ref.entry.whenFound(() => (this.#isFar(ref) ? arrived() : whenRead(ref, arrived)))
        continue
      }
      this.#runtime.objects.fetch(ref.entry)
      ref.entry.whenSettled(() => whenRead(ref, arrived))
    }
    arrived()
  }

  /** Copies what the caller could still change. */
  keep(): void {
    if (this.isPlain || this.#isKept) return
    this.#isKept = true
    const { specials } = this
    const copy = this.#runtime.values.copy(this, 'args')
    this.#runtime.values.release(specials)
    this.value = copy.value as unknown[]
    this.specials = copy.specials
    this.transfer = copy.transfer
  }

  /** They are not needed any more. */
  release(): void {
    const { objects, values } = this.#runtime
    values.release(this.specials)
    this.specials = undefined
    for (const { entry, far } of this.#refs ?? []) {
      far?.ref[Symbol.dispose]()
      objects.dropRef(this, entry)
    }
    this.#refs = undefined
  }

  /** Gives them away, with holds of their own on all that is in them. */
  give(name: string): GivenArguments {
    const resolved = this.resolve(name)
    if ('failed' in resolved) {
      this.release()
      return resolved
    }
    const { args, specials } = resolved
    const given = { value: args, specials: this.#runtime.values.twins(specials), transfer: this.transfer }
    this.release()
    return { given }
  }

  /** What is to be sent: with the refs' values in their places. Or the error of the first ref that has one. */
  resolve(name: string, receiver?: RealmId): ResolvedArguments | { readonly failed: EncodedThrown } {
    if (this.#refs === undefined) return { args: this.value, specials: this.specials }
    const args = this.value.slice()
    let specials = this.specials
    let fetched: number[] | undefined
    for (const ref of this.#refs) {
      if (this.#isFar(ref) || (receiver !== undefined && this.#isNearer(ref, receiver))) {
        ref.far ??= { ref: new ObjectRef(ref.entry), placeholder: {} }
        args[ref.index] = ref.far.placeholder
        specials = [...(specials ?? []), [ref.far.placeholder, 'ref', ref.far.ref]]
        fetched = [...(fetched ?? []), ref.index]
        continue
      }
      if (!isRead(ref) || ref.reading === undefined) return { failed: dependencyError(this.#runtime, ref, name) }
      const { stored } = ref.reading
      args[ref.index] = stored.value
      if (stored.specials !== undefined) specials = [...(specials ?? []), ...stored.specials]
    }
    return { args, specials, fetched }
  }

  // There is a copy here, but the receiver lives where the value does.
  #isNearer({ entry }: RefArgument, receiver: RealmId): boolean {
    return (
      this.#mayStayFar &&
      entry.state === 'value' &&
      mainOf(receiver) === mainOf(entry.keeper) &&
      mainOf(receiver) !== this.#runtime.config.mainId &&
      bytesOf(entry) > 0
    )
  }
}

/** What is to be sent; the callee fetches the values of the refs at `fetched` itself. */
export interface ResolvedArguments {
  readonly args: unknown[]
  readonly specials: readonly Special[] | undefined
  readonly fetched?: readonly number[] | undefined
}

/** What a call's arguments are when they are given to someone else. */
export type GivenArguments = { readonly given: Packed } | { readonly failed: EncodedThrown }

// A value in memory is read at once; once read it stays with the call, wherever the store moves it meanwhile.
function isRead(ref: RefArgument): boolean {
  if (ref.reading !== undefined || ref.failure !== undefined) return true
  if (ref.entry.state !== 'value') return ref.entry.isSettled
  const reading = ref.entry.read()
  if (!('stored' in reading)) return false
  ref.reading = reading
  return true
}

function whenRead(ref: RefArgument, then: () => void): void {
  if (ref.entry.state !== 'value') return then()
  const reading = ref.entry.read()
  if ('stored' in reading) {
    ref.reading = reading
    return then()
  }
  reading.then(
    (read) => {
      ref.reading = read
      then()
    },
    (error: unknown) => {
      ref.failure = error
      then()
    },
  )
}

function dependencyError(runtime: Runtime, { entry, index, failure }: RefArgument, name: string): EncodedThrown {
  const { values, objects } = runtime
  if (failure !== undefined) return values.encodeThrown(failure)
  if (entry.state === 'freed') return values.encodeThrown(objects.freedError(entry))
  const thrown = values.openCopy(values.packStored(entry.stored!)) as EncodedThrown
  if (!('error' in thrown)) return thrown
  thrown.error.message = `An input argument (args[${index}]) of ${name} could not be computed: ${thrown.error.message}`
  return thrown
}

import { isPrimitive, type Packed, type Special } from '../protocol/codec.ts'
import type { EncodedThrown } from '../protocol/error-codec.ts'
import type { ObjectEntry, Reading } from './object-entry.ts'
import { entryOf, isObjectRef } from './object-ref.ts'
import type { Runtime } from './runtime.ts'

/** A ref at the top level of the arguments, and its value once it has been read. */
interface RefArgument {
  readonly index: number
  readonly entry: ObjectEntry
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

  constructor(runtime: Runtime, args: unknown[]) {
    this.#runtime = runtime
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
    return this.#refs === undefined || this.#refs.every(isRead)
  }

  /** One of the refs is known to have no value. */
  get hasFailed(): boolean {
    return (
      this.#refs?.some(({ entry, failure }) => failure !== undefined || (entry.isSettled && entry.state !== 'value')) ??
      false
    )
  }

  /** Calls back when every ref has its value here, or its error. */
  whenReady(then: () => void): void {
    let waiting = 1
    const arrived = (): void => {
      if (--waiting === 0) then()
    }
    for (const ref of this.#refs ?? []) {
      if (isRead(ref)) continue
      waiting++
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
    for (const { entry } of this.#refs ?? []) objects.dropRef(this, entry)
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
  resolve(name: string): { args: unknown[]; specials: readonly Special[] | undefined } | { failed: EncodedThrown } {
    if (this.#refs === undefined) return { args: this.value, specials: this.specials }
    const args = this.value.slice()
    let specials = this.specials
    for (const ref of this.#refs) {
      if (!isRead(ref) || ref.reading === undefined) return { failed: dependencyError(this.#runtime, ref, name) }
      const { stored } = ref.reading
      args[ref.index] = stored.value
      if (stored.specials !== undefined) specials = [...(specials ?? []), ...stored.specials]
    }
    return { args, specials }
  }
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

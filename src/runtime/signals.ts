import type { EncodedThrown } from '../protocol/error-codec.ts'
import type { Reading } from './object-entry.ts'
import { entryOf, ObjectRef } from './object-ref.ts'
import type { Runtime } from './runtime.ts'
import type { LiveKind } from './values.ts'

interface SignalDescription {
  /** An object of the owner that gets a value when the signal aborts. */
  readonly id: string
  readonly aborted: EncodedThrown | undefined
}

/** How AbortSignals travel: the receiver gets one of its own that aborts when the owner's does, with the same reason. */
export function signalKind(runtime: Runtime): LiveKind {
  const refs = new WeakMap<AbortSignal, ObjectRef>()
  return {
    kind: 'signal',
    isLive: true,
    matches: (value) => value instanceof AbortSignal,
    pack: (value) => value,
    unpack: (payload) => payload,
    describe(payload, receiver): SignalDescription {
      const signal = payload as AbortSignal
      const ref = refs.get(signal) ?? lend(runtime, signal, refs)
      const entry = entryOf(ref)!
      runtime.objects.grant(entry, receiver)
      return { id: entry.id, aborted: signal.aborted ? runtime.values.encodeThrown(signal.reason) : undefined }
    },
    revive(description) {
      const { id, aborted } = description as SignalDescription
      const controller = new AbortController()
      const ref = runtime.objects.adopt(id)
      refs.set(controller.signal, ref)
      if (aborted !== undefined) controller.abort(runtime.values.decodeThrown(aborted))
      else follow(runtime, ref, controller)
      return controller.signal
    },
    twin: (payload) => payload,
    release() {},
  }
}

function lend(runtime: Runtime, signal: AbortSignal, refs: WeakMap<AbortSignal, ObjectRef>): ObjectRef {
  const entry = runtime.objects.create()
  const tell = (): void => {
    const { value, specials } = runtime.values.packThrown(signal.reason)
    entry.resolve({ value, specials })
  }
  if (signal.aborted) tell()
  else signal.addEventListener('abort', tell, { once: true })
  const ref = new ObjectRef(entry)
  refs.set(signal, ref)
  return ref
}

function follow(runtime: Runtime, ref: ObjectRef, controller: AbortController): void {
  const entry = entryOf(ref)!
  runtime.objects.fetch(entry)
  entry.whenSettled(() => {
    if (entry.state !== 'value') return
    const abort = ({ stored }: Reading): void => controller.abort(runtime.values.openThrown(stored).thrown)
    const reading = entry.read()
    if ('stored' in reading) abort(reading)
    else void reading.then(abort)
  })
}

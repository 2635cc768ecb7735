import { ObjectFreedError } from '../protocol/errors.ts'
import { entryOf, isObjectRef } from '../runtime/object-ref.ts'
import { wait } from './objects.ts'
import type { ObjectRef } from './types/references.ts'

/**
 * The refs in the order in which they get a value or an error: `for await (const ref of asCompleted(refs))`. Each is
 * given once.
 */
export async function* asCompleted<R extends ObjectRef<unknown>>(refs: Iterable<R>): AsyncGenerator<R, void, void> {
  const list = [...refs]
  const ready: R[] = []
  let wake: (() => void) | undefined
  for (const [index, ref] of list.entries()) {
    const entry = isObjectRef(ref) ? entryOf(ref) : undefined
    if (!isObjectRef(ref)) throw new TypeError(`asCompleted() takes ObjectRefs; item ${index} is ${typeof ref}.`)
    if (entry === undefined) throw new ObjectFreedError(`The ref ${(ref as R).id} was disposed.`)
    entry.runtime.objects.fetch(entry)
    entry.whenSettled(() => {
      ready.push(ref)
      wake?.()
    })
  }
  for (let given = 0; given < list.length; given++) {
    if (ready.length === 0) await Promise.race([new Promise<void>((resolve) => (wake = resolve)), keepUp(list)])
    yield ready.shift()!
  }
}

// A wait on the rest keeps a Node process up meanwhile.
async function keepUp(refs: readonly ObjectRef<unknown>[]): Promise<void> {
  await wait(refs, { numReturns: refs.length })
}

/** Frees objects now, everywhere, whoever still holds refs to them: their `get` rejects with ObjectFreedError. */
export function free(refs: ObjectRef<unknown> | readonly ObjectRef<unknown>[]): void {
  const list: readonly unknown[] = Array.isArray(refs) ? refs : [refs]
  for (const [index, ref] of list.entries()) {
    if (!isObjectRef(ref)) throw new TypeError(`free() takes ObjectRefs; item ${index} is ${typeof ref}.`)
    const entry = entryOf(ref)
    if (entry !== undefined) entry.runtime.objects.freeNow(entry)
  }
}

import { type ActorHandle, actor, cancel, get, type ObjectRef, proxy, runtimeContext, task } from 'troupe'
import type { Ledger } from './ledger.ts'
import { untilAborted } from './streams.ts'

interface Abortable {
  untilAborted(): Promise<never>
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : String(error))

/** Waits for a task and for a call of an actor, made before and after an await, and notes how each of them ended. */
export const parent = task(
  async function parent(ledger: Ledger, abortable: ActorHandle<Abortable>): Promise<void> {
    const child = untilAborted.remote(ledger)
    await Promise.resolve()
    const call = abortable.untilAborted()
    await Promise.allSettled([
      get(child).catch((error) => ledger.note(`task ${nameOf(error)}`)),
      call.catch((error) => ledger.note(`call ${nameOf(error)}`)),
    ])
    await ledger.note(`parent aborted: ${runtimeContext().signal.aborted}`)
  },
  import.meta,
)

export const grandparent = task(
  async function grandparent(ledger: Ledger, abortable: ActorHandle<Abortable>): Promise<void> {
    await get(parent.remote(ledger, abortable))
  },
  import.meta,
)

/** Waits at the gate, and notes that it got through. */
export const passing = task(
  async function passing(pass: () => Promise<void>, ledger: Ledger): Promise<void> {
    await pass()
    await ledger.note('passed')
  },
  import.meta,
)

/** Makes a task that outlasts the cancelled call, and can be asked about its own signal. */
export const Delegator = actor(
  class Delegator {
    async delegate(pass: () => Promise<void>, ledger: Ledger): Promise<void> {
      const { signal } = runtimeContext()
      signal.addEventListener('abort', () => void ledger.note('delegator aborted'))
      await get(passing.remote(proxy(pass), ledger))
    }
    async delegateAndNote(pass: () => Promise<void>, ledger: Ledger): Promise<void> {
      await get(passing.remote(proxy(pass), ledger)).catch((error) => ledger.note(`delegated ${nameOf(error)}`))
    }
  },
  import.meta,
)

export const cancelsIt = task(
  function cancelsIt(refs: readonly ObjectRef<unknown>[]): void {
    for (const ref of refs) cancel(ref)
  },
  import.meta,
)

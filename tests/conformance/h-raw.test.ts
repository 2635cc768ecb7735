import { listActors, MethodNotFoundError, ready } from 'troupe'
import { expect } from 'vitest'
import { Guarded } from './actors/web.ts'
import { start, workerTest } from './kit.ts'

/** The part of the driver's runtime that a frame needs: it goes past every check that a handle makes. */
interface Inside {
  readonly values: { openThrown(stored: unknown): { thrown: unknown }; fromWire(specials: unknown): unknown }
  linkTo(realm: string): {
    readonly connection: { readonly pending: { add(pending: object): number }; post(record: unknown[]): void }
  }
}
const opCall = 1

workerTest('H9 hostile names in raw frames', async () => {
  await start()
  const guarded = Guarded.remote()
  await ready(guarded)
  const [view] = await listActors({ className: 'Guarded', state: 'ALIVE' })
  const { runtime } = (globalThis as unknown as Record<symbol, { runtime: Inside }>)[Symbol.for('troupe')]!
  const { connection } = runtime.linkTo(view!.workerId!)
  const call = (method: unknown, seq: number) =>
    new Promise((resolve) => {
      const callId = connection.pending.add({
        onValue: (value: unknown) => resolve(value),
        onError: (value: unknown, specials: unknown) =>
          resolve(runtime.values.openThrown({ value, specials: runtime.values.fromWire(specials) }).thrown),
        onLost: (reason: string) => resolve(reason),
      })
      // A session of its own, so that its numbers are not taken for repeats of the handle's.
      connection.post([opCall, callId, view!.actorId, 0, 1_000_000, seq, method, [], undefined, undefined])
    })
  const names = [
    'constructor',
    '__proto__',
    'toString',
    'then',
    'hasOwnProperty',
    '_private',
    '#x',
    'touched',
    'nope',
    7,
    null,
  ]
  for (const [seq, name] of names.entries())
    expect(await call(name, seq), String(name)).toBeInstanceOf(MethodNotFoundError)
  expect(await call('open', names.length)).toBe(0)
  expect('polluted' in {}).toBe(false)
})

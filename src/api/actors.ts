import { actorOf, createHandle } from '../runtime/actor-handle.ts'
import { checkBoolean, checkKeys, checkString } from '../runtime/checks.ts'
import type { RemoteActor } from '../runtime/remote-actor.ts'
import { requireRuntime } from './current.ts'
import type { ActorHandle, AnyActorHandle } from './types/actors.ts'

/** Resolves when the actor is alive; rejects with the error that keeps it from living. */
export async function ready(handle: AnyActorHandle): Promise<void> {
  await remoteOf(handle, 'ready').ready()
}

/**
 * Ends an actor at once, whatever it does: running and queued calls reject with ActorDiedError. With
 * `noRestart: false` it restarts if it has restarts left. Killing a dead actor does nothing.
 */
export function kill(handle: AnyActorHandle, options: { noRestart?: boolean } = {}): void {
  const actor = remoteOf(handle, 'kill')
  checkKeys(options, ['noRestart'], 'kill')
  checkBoolean(options.noRestart, 'noRestart', 'kill')
  if (actor.runtime.isShutDown) return
  actor.runtime.control.kill(actor.spec.actorId, options.noRestart === false)
}

/**
 * Ends an actor gracefully: calls made so far, by whomever, are answered, then its `[Symbol.asyncDispose]` or `[Symbol.dispose]` runs.
 * Resolves when it is gone.
 */
export async function terminate(handle: AnyActorHandle): Promise<void> {
  const actor = remoteOf(handle, 'terminate')
  await actor.idle()
  if (!actor.runtime.isShutDown) await actor.runtime.control.dismiss(actor.spec.actorId)
}

/** The actor of that name. Rejects with a RangeError when there is none in the namespace. */
export async function getActor<T extends object>(
  name: string,
  options: { namespace?: string } = {},
): Promise<ActorHandle<T>> {
  checkKeys(options, ['namespace'], 'getActor')
  checkString(name, 'name', 'getActor')
  checkString(options.namespace, 'namespace', 'getActor')
  const runtime = requireRuntime()
  const namespace = options.namespace ?? runtime.config.namespace
  const spec = await runtime.control.findActor(namespace, name)
  if (spec === undefined) {
    throw new RangeError(
      `No actor named ${JSON.stringify(name)} lives in the namespace ${JSON.stringify(namespace)}: it was never created, has ended, or is in another namespace.`,
    )
  }
  return createHandle(runtime.actors.adopt(spec)) as ActorHandle<T>
}

function remoteOf(handle: unknown, what: string): RemoteActor {
  const actor = actorOf(handle)
  if (actor === undefined)
    throw new RangeError(
      `${what}() takes an actor handle, not ${typeof handle === 'string' ? JSON.stringify(handle) : typeof handle}.`,
    )
  return actor.target
}

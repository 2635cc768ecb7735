import { markProxied } from '../runtime/callbacks.ts'
import { checkKeys } from '../runtime/checks.ts'
import {
  type AnyClass,
  type AnyFunction as AnyTarget,
  type ClassCodec,
  define,
  type Source,
} from '../runtime/registry.ts'
import { transferMarks } from '../runtime/values.ts'
import type { AnyFunction } from './types/common.ts'
import type { Proxied } from './types/references.ts'

/** How instances of a class travel: as what `encode` gives; `decode` makes the instance again. */
export interface InstanceCodec<T, D> {
  encode(instance: T): D
  decode(data: D): T
}

/**
 * Teaches Troupe a class: its instances keep their class when they travel, and errors of it are caught as such. Without
 * a codec the own fields travel; private # fields need one. Every realm that meets an instance imports the module.
 */
export function registerClass<T extends object, D = unknown>(
  cls: abstract new (...args: never[]) => T,
  source?: ImportMeta | string,
  codec?: InstanceCodec<T, D>,
): void {
  if (typeof cls !== 'function')
    throw new TypeError(`registerClass() takes a class, not ${cls === null ? 'null' : typeof cls}.`)
  if (codec !== undefined) {
    checkKeys(codec, ['encode', 'decode'], `registerClass ${cls.name}`)
    if (typeof codec.encode !== 'function' || typeof codec.decode !== 'function')
      throw new TypeError(`registerClass ${cls.name}: a codec is { encode(instance), decode(data) }.`)
  }
  define('class', cls as unknown as AnyClass, source as Source, {}, codec as ClassCodec | undefined)
}

/** A callback that can be passed to an actor or task: the function stays here, they call it and await its result. */
export function proxy<F extends AnyFunction>(fn: F): Proxied<F> {
  if (typeof fn !== 'function')
    throw new TypeError(`proxy() takes a function, not ${fn === null ? 'null' : typeof fn}.`)
  return markProxied(fn as unknown as AnyTarget) as unknown as Proxied<F>
}

/** Marks what is moved instead of copied when `value` is passed or returned: `handle.take(transfer(buffer, [buffer]))`. */
export function transfer<T>(value: T, list: readonly Transferable[]): T {
  if (typeof value !== 'object' || value === null)
    throw new TypeError('transfer() takes an object and the list of what in it is moved.')
  if (!Array.isArray(list))
    throw new TypeError(
      'transfer(value, list): list must be an array of ArrayBuffers, MessagePorts and other transferables.',
    )
  transferMarks.set(value, list as object[])
  return value
}

import { markTaskError, TaskError, type TaskFacts, TroupeError } from '../protocol/errors.ts'
import type { ObjectEntry, Sink, Stored } from './object-entry.ts'
import type { Values } from './values.ts'

class Thrown {
  readonly values: Values
  readonly stored: Stored
  constructor(values: Values, stored: Stored) {
    this.values = values
    this.stored = stored
  }
}

/** Settles a promise with the outcome of a call. */
class PromiseSink implements Sink {
  readonly #values: Values
  readonly #resolve: (value: unknown) => void
  readonly #reject: (reason: unknown) => void

  constructor(values: Values, resolve: (value: unknown) => void, reject: (reason: unknown) => void) {
    this.#values = values
    this.#resolve = resolve
    this.#reject = reject
  }

  resolve(stored: Stored): void {
    try {
      this.#resolve(this.#values.open(stored))
    } catch (error) {
      this.#reject(error)
    }
  }

  reject(stored: Stored): void {
    this.#reject(new Thrown(this.#values, stored))
  }
}

/**
 * A promise for the outcome of a call. The error is made in a reaction of the promise, so that its stack shows the
 * async functions that await it, at no cost for calls that succeed.
 */
export function settlePromise(values: Values, start: (sink: Sink) => void): Promise<unknown> {
  return new Promise<unknown>((resolve, reject) => start(new PromiseSink(values, resolve, reject))).then(
    undefined,
    rethrow,
  )
}

function rethrow(thrown: unknown): never {
  throw thrown instanceof Thrown ? errorFor(thrown.values, thrown.stored) : thrown
}

/** What to throw for a stored error: a fresh instance, with the stack of the worker and of the caller. */
export function errorFor(values: Values, stored: Stored): unknown {
  if (stored.local !== undefined) return withCaller(stored.local.error)
  const { thrown, facts } = values.openThrown(stored)
  if (!(thrown instanceof Error)) return wrapThrown(thrown, facts ?? {})
  const frames = [...(thrown.stack ?? '').split('\n').filter(isNotOwn), ...callerFrames()]
  Object.defineProperty(thrown, 'stack', { value: frames.join('\n'), writable: true, configurable: true })
  return thrown
}

const framed = new WeakSet<object>()

// An error of Troupe's own, made deep inside: what helps is where the caller stands.
function withCaller(error: unknown): unknown {
  if (!(error instanceof TroupeError) || !(error instanceof Error) || framed.has(error)) return error
  framed.add(error)
  const frames = [...(error.stack ?? '').split('\n').filter(isNotOwn), ...callerFrames()]
  Object.defineProperty(error, 'stack', { value: frames.join('\n'), writable: true, configurable: true })
  return error
}

function wrapThrown(value: unknown, facts: TaskFacts): TaskError {
  const what = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return markTaskError(
    new TaskError(`${facts.method ?? 'A remote call'} threw ${what}, which is not an Error.`, { cause: value }),
    facts,
  )
}

// Bundled into an app, the library's frames cannot be told from the app's.
const ownFolder = /^.*\/(?:src(?=\/runtime\/)|dist)\//.exec(import.meta.url)?.[0] ?? 'bundled:'
const ownPath = ownFolder.replace(/^file:\/\//, '')

// The frames of this library say nothing to its users.
function isNotOwn(line: string): boolean {
  return (
    !/^\s*at /.test(line) ||
    !(
      line.includes(ownFolder) ||
      line.includes(ownPath) ||
      line.includes('node:internal') ||
      line.includes('AsyncLocalStorage.run')
    )
  )
}

function callerFrames(): string[] {
  return (new Error().stack ?? '').split('\n').slice(1).filter(isNotOwn)
}

/** Splits the array a call returned over the refs of `numReturns`. */
export function splitSink(values: Values, entries: readonly ObjectEntry[], name: string): Sink {
  return {
    resolve({ value, specials }) {
      if (Array.isArray(value) && value.length === entries.length) {
        // Each keeps what it holds by itself.
        for (const [i, entry] of entries.entries()) {
          entry.resolve(specials === undefined ? { value: value[i], specials } : values.part(value[i], specials))
        }
        values.release(specials)
        return
      }
      const got = Array.isArray(value) ? `${value.length} objects` : 'no array'
      const error = new RangeError(`Task ${name} returned ${got}, but numReturns is ${entries.length}.`)
      for (const entry of entries) entry.reject(values.packThrown(error))
    },
    reject(stored) {
      for (const entry of entries) entry.reject(stored)
    },
  }
}

import { markTaskError, ownErrors, type TaskFacts, taskFactsOf } from './errors.ts'

/** An error as data. `cause` and `errors` may point back to it: cycles stay cycles. */
export interface EncodedError {
  /** Class of the error: a built-in's name, a Troupe error's name, or the id of a registered class. */
  type: string
  /** The nearest built-in class, for realms that do not know `type`. */
  base: string
  name: string
  message: string
  stack: string
  fields?: Record<string, unknown>
  /** Fields that are errors themselves. */
  errorFields?: Record<string, EncodedThrown>
  cause?: EncodedThrown
  errors?: EncodedThrown[]
  task?: TaskFacts
}
/** What was thrown: an error, or any other value. */
export type EncodedThrown = { error: EncodedError } | { value: unknown }

type ErrorConstructor = new (message?: string) => Error
/** What the codec asks of the realm it runs in. */
export interface ErrorRealm {
  /** The id under which a user's error class is registered. */
  idOf(cls: object): string | undefined
  classOf(id: string): { readonly prototype: object } | undefined
  /** The platform's DOMException, where there is one. */
  readonly domException: (new (message: string, name: string) => Error) | undefined
  /** Whether a field's value can travel; fields that cannot are left out. */
  canTravel(value: unknown): boolean
}

const builtIns = new Map<string, ErrorConstructor>(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((cls) => [cls.name, cls]),
)
const handled = new Set(['name', 'message', 'stack', 'cause'])

/** Encodes anything thrown. Never throws itself, whatever traps the value has. */
export function encodeThrown(
  thrown: unknown,
  realm: ErrorRealm,
  seen: Map<Error, EncodedError> = new Map(),
): EncodedThrown {
  try {
    if (thrown instanceof Error) return { error: encodeError(thrown, realm, seen) }
    return { value: realm.canTravel(thrown) ? thrown : describe(thrown) }
  } catch {
    return { value: describe(thrown) }
  }
}

function encodeError(error: Error, realm: ErrorRealm, seen: Map<Error, EncodedError>): EncodedError {
  const known = seen.get(error)
  if (known !== undefined) return known
  const [type, base] = typeOf(error, realm)
  const [name, message, stack] = [textOf(error, 'name'), textOf(error, 'message'), textOf(error, 'stack')]
  const encoded: EncodedError = { type, base, name, message, stack }
  seen.set(error, encoded)
  const facts = taskFactsOf(error)
  if (facts !== undefined) encoded.task = { ...facts }
  const errors = read(error, 'errors')
  if (Array.isArray(errors)) encoded.errors = errors.map((inner: unknown) => encodeThrown(inner, realm, seen))
  if ('cause' in error) encoded.cause = encodeThrown(read(error, 'cause'), realm, seen)
  for (const key of Object.keys(error)) {
    if (handled.has(key) || (key === 'errors' && encoded.errors !== undefined)) continue
    encodeField(encoded, key, read(error, key), realm, seen)
  }
  return encoded
}

function encodeField(
  encoded: EncodedError,
  key: string,
  value: unknown,
  realm: ErrorRealm,
  seen: Map<Error, EncodedError>,
): void {
  if (value instanceof Error) {
    encoded.errorFields ??= {}
    define(encoded.errorFields, key, encodeThrown(value, realm, seen), true)
  } else if (realm.canTravel(value)) {
    encoded.fields ??= {}
    define(encoded.fields, key, value, true)
  }
}

// A getter of the user's may throw.
function read(error: Error, key: string): unknown {
  try {
    return (error as unknown as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function textOf(error: Error, key: string): string {
  const value = read(error, key)
  return value === undefined ? '' : describe(value)
}

function typeOf(error: Error, realm: ErrorRealm): [type: string, base: string] {
  const isDomException = realm.domException !== undefined && error instanceof realm.domException
  let type: string | undefined = isDomException ? 'DOMException' : undefined
  for (let proto: object | null = Object.getPrototypeOf(error); proto !== null; proto = Object.getPrototypeOf(proto)) {
    const cls = (proto as { constructor?: unknown }).constructor
    if (typeof cls !== 'function') continue
    const name: unknown = Object.getOwnPropertyDescriptor(proto, 'name')?.value
    if (type === undefined) type = realm.idOf(cls)
    if (type === undefined && typeof name === 'string' && ownErrors.get(name)?.prototype === proto) type = name
    if (cls.name === 'AggregateError') return [type ?? 'AggregateError', 'AggregateError']
    if (builtIns.get(cls.name) === cls) return [type ?? cls.name, cls.name]
  }
  return [type ?? 'Error', 'Error']
}

/** Makes the error again: an instance of its own class where that is known, else of the nearest built-in one. */
export function decodeThrown(
  encoded: EncodedThrown,
  realm: ErrorRealm,
  seen: Map<EncodedError, Error> = new Map(),
): unknown {
  return 'error' in encoded ? decodeError(encoded.error, realm, seen) : encoded.value
}

function decodeError(encoded: EncodedError, realm: ErrorRealm, seen: Map<EncodedError, Error>): Error {
  const known = seen.get(encoded)
  if (known !== undefined) return known
  const error = construct(encoded, realm)
  seen.set(encoded, error)
  if (error.name !== encoded.name) define(error, 'name', encoded.name, false)
  define(error, 'stack', encoded.stack, false)
  for (const [key, value] of Object.entries(encoded.fields ?? {})) define(error, key, value, true)
  for (const [key, value] of Object.entries(encoded.errorFields ?? {})) {
    define(error, key, decodeThrown(value, realm, seen), true)
  }
  if (encoded.cause !== undefined) define(error, 'cause', decodeThrown(encoded.cause, realm, seen), false)
  if (encoded.errors !== undefined) {
    const errors = encoded.errors.map((inner) => decodeThrown(inner, realm, seen))
    define(error, 'errors', errors, false)
  }
  if (encoded.task !== undefined) markTaskError(error, encoded.task)
  return error
}

function construct(encoded: EncodedError, realm: ErrorRealm): Error {
  if (encoded.type === 'DOMException' && realm.domException !== undefined) {
    return new realm.domException(encoded.message, encoded.name)
  }
  const error =
    encoded.base === 'AggregateError'
      ? new AggregateError([], encoded.message)
      : new (builtIns.get(encoded.base) ?? Error)(encoded.message)
  const cls = ownErrors.get(encoded.type) ?? realm.classOf(encoded.type)
  if (cls !== undefined) Object.setPrototypeOf(error, cls.prototype)
  return error
}

// Through defineProperty, so that a field called `__proto__` is a field and nothing else.
function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  try {
    Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true })
  } catch {
    // A platform object may refuse one of its own names (DOMException's `code`): its own value stands.
  }
}

function describe(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'a value that cannot be shown'
  }
}

import type { DefinitionSpec, MethodKind, MethodTable } from '../protocol/specs.ts'

export type AnyFunction = (...args: never[]) => unknown
export type AnyClass = new (...args: never[]) => object

/** How instances of a registered class become data and come back. */
export interface ClassCodec {
  encode(instance: never): unknown
  decode(data: never): unknown
}

/** A class or function that other realms can find. */
export interface Definition {
  readonly kind: 'actor' | 'task' | 'class'
  readonly spec: DefinitionSpec
  readonly target: AnyClass | AnyFunction
  readonly defaults: Readonly<Record<string, unknown>>
  readonly codec: ClassCodec | undefined
  /** Other realms can load it: it has a module URL, or a bundler's id. */
  readonly hasSource: boolean
}

interface RealmState {
  readonly definitions: Map<string, Definition>
  readonly classIds: Map<object, string>
  readonly counts: Map<string, number>
  /** Lazy imports by module id, from the bundler or the user's worker entry. */
  modules: Readonly<Record<string, () => PromiseLike<unknown>>>
  /** Those of the library itself. */
  ownModules: Readonly<Record<string, () => PromiseLike<unknown>>>
  /** The module a worker is importing now. */
  importing: string | undefined
  runtime: unknown
  /** This realm was started as a worker of a node. */
  isWorker: boolean
}

// On globalThis, because a realm may load two copies of the library.
const key: symbol = Symbol.for('troupe')
const holder = globalThis as unknown as Record<symbol, RealmState | undefined>

/** What this JavaScript realm knows. */
export function realmState(): RealmState {
  return (holder[key] ??= {
    definitions: new Map(),
    classIds: new Map(),
    counts: new Map(),
    modules: {},
    ownModules: {},
    importing: undefined,
    runtime: undefined,
    isWorker: false,
  })
}

export type Source = { readonly url?: string } | string | undefined

/** Takes a definition in and gives it its id. */
export function define(
  kind: Definition['kind'],
  target: AnyClass | AnyFunction,
  source: Source,
  defaults: Readonly<Record<string, unknown>>,
  codec?: ClassCodec,
): Definition {
  const realm = realmState()
  const spec = specOf(realm, target.name || 'anonymous', source)
  const definition: Definition = { kind, spec, target, defaults, codec, hasSource: source !== undefined }
  realm.definitions.set(spec.id, definition)
  if (kind === 'class') realm.classIds.set(target, spec.id)
  return definition
}

function specOf(realm: RealmState, name: string, source: Source): DefinitionSpec {
  if (typeof source === 'string') return { id: source, name: name === 'anonymous' ? exportOf(source) : name }
  const url = source?.url?.split(/[?#]/, 1)[0]
  const base = `${url ?? 'local:'}#${name}`
  const count = (realm.counts.get(base) ?? 0) + 1
  realm.counts.set(base, count)
  const id = count === 1 ? base : `${base}~${count}`
  return source?.url === undefined ? { id, name } : { id, name, url: source.url }
}

function exportOf(id: string): string {
  return id.slice(id.lastIndexOf('#') + 1)
}

const notCallable = new Set(['constructor', 'then', 'toString', 'toLocaleString', 'toJSON', 'valueOf'])

/** Whether a name may be a method that others call. */
export function isMethodName(name: string): boolean {
  return !notCallable.has(name) && !name.startsWith('_') && !(name in Object.prototype)
}

/** The public methods of a class, inherited ones included, from its prototype chain. */
export function methodsOf(cls: AnyClass, options: Readonly<Record<string, unknown>> | undefined): MethodTable {
  const table: Record<string, { kind: MethodKind; group?: string }> = Object.create(null)
  for (
    let proto: object | null = cls.prototype;
    proto !== null && proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto)
  ) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(proto))) {
      if (typeof property.value !== 'function' || !isMethodName(name) || name in table) continue
      table[name] = { kind: isGenerator(property.value) ? 'stream' : 'call' }
    }
  }
  for (const [name, option] of Object.entries(options ?? {})) table[name] = methodOption(cls, name, option, table[name])
  return table
}

function methodOption(
  cls: AnyClass,
  name: string,
  option: unknown,
  known: { kind: MethodKind } | undefined,
): { kind: MethodKind; group?: string } {
  if (!isMethodName(name))
    throw new RangeError(`methods.${name} of ${cls.name}: this name cannot be a method that others call.`)
  const { kind, group } =
    typeof option === 'string'
      ? { kind: option, group: undefined }
      : ((option ?? {}) as { kind?: unknown; group?: unknown })
  if (kind !== undefined && kind !== 'call' && kind !== 'stream') {
    throw new RangeError(`methods.${name} of ${cls.name}: the kind is 'call' or 'stream', not ${JSON.stringify(kind)}.`)
  }
  if (group !== undefined && typeof group !== 'string')
    throw new TypeError(`methods.${name}.group of ${cls.name} is the name of a concurrency group.`)
  return { kind: kind ?? known?.kind ?? 'call', ...(group === undefined ? {} : { group }) }
}

/** Whether calling it makes a generator. Compiled to old JavaScript this cannot be seen; `methods` says so then. */
export function isGenerator(fn: object): boolean {
  const tag = (fn as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
  return tag === 'GeneratorFunction' || tag === 'AsyncGeneratorFunction'
}

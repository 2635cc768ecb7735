import { host } from '#host'
import type { DefinitionSpec } from '../protocol/specs.ts'
import { type Definition, realmState } from './registry.ts'

/** Finds a definition in this realm, importing its module when need be. */
export async function loadDefinition(spec: DefinitionSpec, kind: Definition['kind']): Promise<Definition> {
  const realm = realmState()
  const known = loadedDefinition(spec, kind)
  if (known !== undefined) return known
  const moduleId = spec.id.slice(0, spec.id.lastIndexOf('#'))
  // Its own modules first: a dev server's table answers to every name.
  const table = [realm.ownModules, realm.modules].find((modules) => Object.hasOwn(modules, moduleId))
  const importer = table?.[moduleId]
  if (importer === undefined && spec.url === undefined) {
    throw new Error(
      `This worker does not know ${spec.id}. Import its module in your worker entry before serve(), or use the @troupe/vite plugin. It knows: ${[...realm.definitions.keys(), ...Object.keys(realm.modules)].join(', ') || 'nothing'}.`,
    )
  }
  realm.importing = spec.url ?? moduleId
  try {
    await (importer === undefined ? host.importModule(spec.url!) : importer())
  } finally {
    realm.importing = undefined
  }
  const loaded = realm.definitions.get(spec.id)
  if (loaded === undefined) {
    const found = [...realm.definitions.keys()].filter((id) => id.startsWith(moduleId))
    throw new Error(
      `The module ${spec.url ?? moduleId} was imported in the worker, but it did not define ${spec.name} (${spec.id}). Call actor() or task() at the top level of the module, always in the same order. It defined: ${found.join(', ') || 'nothing'}.`,
    )
  }
  return checked(loaded, kind, spec)
}

/** The same, of what this realm has loaded. */
export function loadedDefinition(spec: DefinitionSpec, kind: Definition['kind']): Definition | undefined {
  const known = realmState().definitions.get(spec.id)
  return known === undefined ? undefined : checked(known, kind, spec)
}

function checked(definition: Definition, kind: Definition['kind'], spec: DefinitionSpec): Definition {
  if (definition.kind !== kind) throw new Error(`${spec.id} is a ${definition.kind}, not a ${kind}.`)
  return definition
}

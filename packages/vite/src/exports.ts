import { isNode, type Node, nameOf, stringOf } from './syntax.ts'

/**
 * The export name of each top-level binding of a module. A binding with several names gets the first in the order of a
 * namespace object's keys.
 */
export function exportNames(program: Node): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const add = (local: string | undefined, exported: string | undefined) => {
    if (local === undefined || exported === undefined) return
    const other = names.get(local)
    if (other === undefined || exported < other) names.set(local, exported)
  }
  for (const statement of program.body as Node[]) {
    if (statement.type === 'ExportDefaultDeclaration') {
      const declaration = statement.declaration as Node
      add(declaration.type === 'Identifier' ? nameOf(declaration) : nameOf(declaration.id), 'default')
    }
    if (statement.type !== 'ExportNamedDeclaration' || isNode(statement.source)) continue
    for (const specifier of statement.specifiers as Node[]) add(nameOf(specifier.local), nameOf(specifier.exported))
    if (isNode(statement.declaration)) {
      for (const local of declaredNames(statement.declaration)) add(local, local)
    }
  }
  return names
}

function declaredNames(declaration: Node): (string | undefined)[] {
  if (declaration.type !== 'VariableDeclaration') return [nameOf(declaration.id)]
  return (declaration.declarations as Node[]).map((declarator) => nameOf(declarator.id))
}

/** How a module names what it takes from the package `troupe`. */
export interface TroupeImports {
  /** Whether it takes anything at all, by whatever kind of import. */
  readonly any: boolean
  /** Local names of `actor`, `task` and `registerClass`. */
  readonly definers: ReadonlySet<string>
  /** Local names of the whole namespace. */
  readonly namespaces: ReadonlySet<string>
}

/** The functions whose second argument is a source. */
export const definerNames: ReadonlySet<string> = new Set(['actor', 'task', 'registerClass'])

/** Reads the static imports and re-exports of `troupe`. */
export function troupeImports(program: Node): TroupeImports {
  const definers = new Set<string>()
  const namespaces = new Set<string>()
  const statements = (program.body as Node[]).filter((statement) => stringOf(statement.source) === 'troupe')
  for (const statement of statements) {
    if (statement.type !== 'ImportDeclaration') continue
    for (const specifier of statement.specifiers as Node[]) {
      const local = nameOf(specifier.local)
      if (local === undefined) continue
      if (specifier.type === 'ImportNamespaceSpecifier') namespaces.add(local)
      else if (definerNames.has(nameOf(specifier.imported) ?? '')) definers.add(local)
    }
  }
  return { any: statements.length > 0, definers, namespaces }
}

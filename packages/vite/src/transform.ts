import type { Edit } from './edits.ts'
import { definerNames, exportNames, type TroupeImports, troupeImports } from './exports.ts'
import { childrenOf, declaredIn, isFunction, isNode, type Node, nameOf, stringOf } from './syntax.ts'

/** What was found in a module, and how to change it. */
export interface ModuleFindings {
  readonly edits: readonly Edit[]
  /** The ids of what the module defines when it is evaluated. */
  readonly definitions: readonly string[]
  /** Names of definitions inside functions: no worker can find them. */
  readonly unreachable: readonly string[]
  /** Whether it takes anything from `troupe`. */
  readonly usesTroupe: boolean
}

/**
 * Gives every `actor`, `task` and `registerClass` call of a module its source: the id `<moduleId>#<export>` in place of
 * `import.meta` or of nothing. Without a module id (code for servers and libraries) only a missing source is filled in,
 * by `import.meta`. Sources of the user's own are left alone.
 */
export function findDefinitions(code: string, program: Node, moduleId: string | undefined): ModuleFindings {
  const search = new Search(code, program, moduleId)
  const { edits, definitions, unreachable } = search
  return { edits, definitions, unreachable, usesTroupe: search.imports.any || search.importsLazily }
}

interface Place {
  /** Names from the outside in: a const, a property, an index. */
  readonly path: readonly string[]
  /** Below a function: it runs later, or never. */
  readonly isLater: boolean
  readonly shadowed: ReadonlySet<string>
}

class Search {
  readonly edits: Edit[] = []
  readonly definitions: string[] = []
  readonly unreachable: string[] = []
  readonly imports: TroupeImports
  importsLazily = false
  readonly #code: string
  readonly #moduleId: string | undefined
  readonly #exported: ReadonlyMap<string, string>
  readonly #used = new Set<string>()

  constructor(code: string, program: Node, moduleId: string | undefined) {
    this.#code = code
    this.#moduleId = moduleId
    this.imports = troupeImports(program)
    this.#exported = exportNames(program)
    for (const statement of program.body as Node[])
      this.#visit(statement, { path: [], isLater: false, shadowed: new Set() })
  }

  #visit(node: Node, place: Place): void {
    if (node.type === 'CallExpression' && this.#isDefiner(node.callee as Node, place)) this.#define(node, place)
    if (node.type === 'ImportExpression' && stringOf(node.source) === 'troupe') this.importsLazily = true
    const inside = this.#enter(node, place)
    if (node.type === 'ArrayExpression') {
      for (const [index, element] of (node.elements as unknown[]).entries()) {
        if (isNode(element)) this.#visit(element, { ...inside, path: [...inside.path, String(index)] })
      }
      return
    }
    for (const child of childrenOf(node)) this.#visit(child, inside)
  }

  #enter(node: Node, place: Place): Place {
    const name = this.#nameGivenBy(node, place)
    const declared = declaredIn(node)
    const isLater = place.isLater || isFunction(node) || (node.type === 'PropertyDefinition' && node.static !== true)
    if (name === undefined && declared.size === 0 && isLater === place.isLater) return place
    return {
      path: name === undefined ? place.path : [...place.path, name],
      isLater,
      shadowed: declared.size === 0 ? place.shadowed : new Set([...place.shadowed, ...declared]),
    }
  }

  #nameGivenBy(node: Node, place: Place): string | undefined {
    if (node.type === 'VariableDeclarator') return this.#bindingName(node.id, place)
    if (node.type === 'AssignmentExpression') return this.#bindingName(node.left, place)
    if (node.type === 'ClassDeclaration') return this.#bindingName(node.id, place)
    if (node.type === 'ExportDefaultDeclaration') return isNamedClass(node.declaration) ? undefined : 'default'
    if (node.type === 'Property' || node.type === 'PropertyDefinition')
      return node.computed === true ? undefined : nameOf(node.key)
    return undefined
  }

  #bindingName(node: unknown, place: Place): string | undefined {
    const local = nameOf(node)
    return local === undefined || place.isLater ? local : (this.#exported.get(local) ?? local)
  }

  #isDefiner(callee: Node, place: Place): boolean {
    if (callee.type === 'Identifier') {
      const name = callee.name as string
      return this.imports.definers.has(name) && !place.shadowed.has(name)
    }
    if (callee.type !== 'MemberExpression' || !isNode(callee.object) || callee.object.type !== 'Identifier')
      return false
    const namespace = callee.object.name as string
    if (!this.imports.namespaces.has(namespace) || place.shadowed.has(namespace)) return false
    return (
      (callee.computed !== true || (callee.property as Node).type === 'Literal') &&
      definerNames.has(nameOf(callee.property) ?? '')
    )
  }

  #define(call: Node, place: Place): void {
    const [target, source] = call.arguments as Node[]
    if (target === undefined || target.type === 'SpreadElement' || source?.type === 'SpreadElement') return
    const given = stringOf(source)
    if (given !== undefined) {
      if (!place.isLater && given.includes('#')) this.definitions.push(given)
      return
    }
    const isMissing = source === undefined || isNothing(source)
    if (!isMissing && !isImportMeta(source)) return
    if (this.#moduleId === undefined) {
      if (isMissing && !place.isLater) this.#setSource(call, source, 'import.meta')
      return
    }
    const name = this.#uniqueName(place.path.join('.') || this.#targetName(target, place))
    if (place.isLater) this.unreachable.push(name)
    // Without a source the library says what is wrong with a definition inside a function.
    if (place.isLater && isMissing) return
    const id = `${this.#moduleId}#${name}`
    if (!place.isLater) this.definitions.push(id)
    this.#setSource(call, source, JSON.stringify(id))
  }

  #targetName(target: Node, place: Place): string {
    return this.#bindingName(target.type === 'Identifier' ? target : target.id, place) ?? 'anonymous'
  }

  #uniqueName(base: string): string {
    let name = base
    for (let count = 2; this.#used.has(name); count++) name = `${base}~${count}`
    this.#used.add(name)
    return name
  }

  #setSource(call: Node, source: Node | undefined, text: string): void {
    if (source !== undefined) {
      this.edits.push({ start: source.start, end: source.end, text })
      return
    }
    const closing = call.end - 1
    const target = (call.arguments as Node[])[0]!
    const between = this.#code.slice(target.end, closing).replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '')
    this.edits.push({ start: closing, end: closing, text: between.includes(',') ? ` ${text}` : `, ${text}` })
  }
}

function isNamedClass(node: unknown): boolean {
  return isNode(node) && node.type === 'ClassDeclaration' && isNode(node.id)
}

function isImportMeta(node: Node): boolean {
  return node.type === 'MetaProperty' && nameOf(node.meta) === 'import'
}

function isNothing(node: Node): boolean {
  return (
    (node.type === 'Identifier' && node.name === 'undefined') ||
    (node.type === 'UnaryExpression' && node.operator === 'void')
  )
}

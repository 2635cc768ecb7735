/** A node of the syntax tree (ESTree, as Vite's parser gives it). */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

/** Whether a value in a syntax tree is a node. */
export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

/** The nodes directly below a node, in source order. */
export function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  )
}

/** The name of an identifier, or the text of a string literal. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined
  if (node.type === 'Identifier' || node.type === 'PrivateIdentifier') return node.name as string
  return node.type === 'Literal' && (typeof node.value === 'string' || typeof node.value === 'number')
    ? String(node.value)
    : undefined
}

/** The text of a string literal, or of a template without holes. */
export function stringOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined
  const quasis = node.type === 'TemplateLiteral' ? (node.quasis as { value: { cooked?: string | null } }[]) : []
  return quasis.length === 1 ? (quasis[0]?.value.cooked ?? undefined) : undefined
}

/** Whether code below a node runs later, when something is called. */
export function isFunction(node: Node): boolean {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  )
}

/** The names a function, block or catch clause declares for the code inside it. */
export function declaredIn(node: Node): Set<string> {
  const names = new Set<string>()
  if (isFunction(node)) {
    for (const param of node.params as Node[]) bindingNames(param, names)
    if (node.type === 'FunctionExpression') addName(node.id, names)
  } else if (node.type === 'CatchClause' && isNode(node.param)) {
    bindingNames(node.param, names)
  } else if (node.type === 'ClassExpression') {
    addName(node.id, names)
  } else if (node.type.startsWith('For')) {
    for (const start of [node.init, node.left]) if (isNode(start)) declare(start, names)
  } else if (node.type === 'BlockStatement' || node.type === 'StaticBlock') {
    for (const statement of node.body as Node[]) declare(statement, names)
  }
  return names
}

function declare(statement: Node, names: Set<string>): void {
  if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') addName(statement.id, names)
  if (statement.type !== 'VariableDeclaration') return
  for (const declarator of statement.declarations as Node[]) bindingNames(declarator.id as Node, names)
}

function bindingNames(pattern: Node, names: Set<string>): void {
  if (pattern.type === 'Identifier') addName(pattern, names)
  // A default value may name anything; only the target side of the pattern declares.
  else if (pattern.type === 'AssignmentPattern') bindingNames(pattern.left as Node, names)
  else if (pattern.type === 'Property') bindingNames(pattern.value as Node, names)
  else for (const child of childrenOf(pattern)) bindingNames(child, names)
}

function addName(node: unknown, names: Set<string>): void {
  const name = nameOf(node)
  if (name !== undefined) names.add(name)
}

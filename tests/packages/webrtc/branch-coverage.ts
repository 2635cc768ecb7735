import { Session } from 'node:inspector'
import { parseSync } from 'vite'

/** The branches of one module, and where those are that were never taken. */
export interface BranchCoverage {
  readonly file: string
  readonly branchCount: number
  readonly taken: number
  readonly missing: readonly string[]
}

interface Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}

/** Starts counting; the function that is returned says which branches of the modules were taken. Import them after this. */
export function coverBranches(files: readonly string[]): () => BranchCoverage[] {
  const session = new Session()
  session.connect()
  const post = <T>(method: string, params: object = {}): T => {
    let answer: { error: Error | null; result: unknown } | undefined
    session.post(method, params, (error, result) => {
      answer = { error, result }
    })
    if (answer === undefined || answer.error !== null) throw new Error(`${method} failed: ${answer?.error?.message}`)
    return answer.result as T
  }
  post('Debugger.enable')
  post('Profiler.enable')
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  return () => {
    const { result } = post<{ result: { url: string; scriptId: string; functions: { ranges: Range[] }[] }[] }>(
      'Profiler.takePreciseCoverage',
    )
    return files.map((file) => {
      const script = result.find(({ url }) => url.split('?')[0]!.endsWith(file))
      if (script === undefined) throw new Error(`${file} was not loaded`)
      const { scriptSource } = post<{ scriptSource: string }>('Debugger.getScriptSource', { scriptId: script.scriptId })
      const ranges = script.functions.flatMap((one) => one.ranges)
      const branches = branchesOf(file, scriptSource)
      const missing = branches.filter((at) => countAt(ranges, at) === 0)
      return {
        file,
        branchCount: branches.length,
        taken: branches.length - missing.length,
        missing: missing.map((at) => scriptSource.slice(at, at + 80).replaceAll(/\s+/g, ' ')),
      }
    })
  }
}

/** How often the innermost range around a place ran. */
function countAt(ranges: readonly Range[], at: number): number {
  let innermost: Range | undefined
  for (const range of ranges) {
    const isAround = range.startOffset <= at && at < range.endOffset
    const isInner =
      innermost === undefined || range.endOffset - range.startOffset <= innermost.endOffset - innermost.startOffset
    if (isAround && isInner) innermost = range
  }
  return innermost?.count ?? 0
}

type Tree = Readonly<Record<string, unknown>>
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null

/** Where each arm of each branch begins, and each function. */
function branchesOf(file: string, source: string): number[] {
  const found: number[] = []
  const begins = (node: unknown): void => {
    if (isTree(node) && typeof node['start'] === 'number') found.push(node['start'])
  }
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit)
    if (!isTree(node)) return
    const { type } = node
    if (type === 'IfStatement' || type === 'ConditionalExpression') {
      begins(node['consequent'])
      begins(node['alternate'])
    } else if (type === 'LogicalExpression') begins(node['right'])
    else if (type === 'SwitchCase') begins((node['consequent'] as unknown[])[0])
    else if (type === 'FunctionDeclaration' || type === 'FunctionExpression' || type === 'ArrowFunctionExpression')
      begins(node['body'])
    for (const child of Object.values(node)) visit(child)
  }
  visit(parseSync(file.replace(/\.ts$/, '.js'), source).program)
  return found
}

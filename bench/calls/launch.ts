import { fork } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsdown'
import type { Measured } from '../row.ts'
import type { Message } from './main.ts'
import type { Plan } from './plan.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Calls, tasks, starts and waits, against raw messages and the rivals. All run as the JavaScript that is published, in a
 * process of their own: a TypeScript loader would be in every worker that they start.
 */
export async function measureCalls(
  onProgress: (text: string) => void,
  options: Partial<Pick<Plan, 'isQuick' | 'only'>> = {},
): Promise<Measured[]> {
  // In here, so that the packages are found.
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true })
  const folder = mkdtempSync(join(root, 'node_modules/.cache/troupe-bench-'))
  try {
    onProgress('calls: everything is built')
    await buildInto(folder)
    return await measureIn(folder, { isQuick: false, only: [], ...options }, onProgress)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** A package of the library's own name: both halves find it as an application would. */
async function buildInto(folder: string): Promise<void> {
  const { name, version, type, exports, imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, type, exports, imports }))
  const common = {
    config: false,
    cwd: root,
    format: 'esm',
    target: 'es2022',
    dts: false,
    clean: false,
    logLevel: 'error',
    fixedExtension: false,
    // What the compiler adds comes along.
    deps: { neverBundle: /^(?!@oxc-project\/)[@#\w]/ },
  } as const
  await build({
    ...common,
    entry: {
      index: 'src/index.ts',
      worker: 'src/worker.ts',
      'worker-entry': 'src/worker-entry.ts',
      'hosts/node': 'src/hosts/node.ts',
      'hosts/workers-node': 'src/hosts/workers-node.ts',
      'hosts/courier-node': 'src/hosts/courier-node.ts',
      'store/spill-node': 'src/store/spill-node.ts',
    },
    platform: 'neutral',
    outDir: join(folder, 'dist'),
  })
  cpSync(join(root, 'src/hosts/bootstrap.mjs'), join(folder, 'dist/hosts/bootstrap.mjs'))
  await build({
    ...common,
    entry: ['bench/calls/**/*.ts', '!bench/calls/launch.ts'],
    unbundle: true,
    root: 'bench',
    platform: 'node',
    outDir: join(folder, 'bench'),
  })
}

function measureIn(
  folder: string,
  options: Pick<Plan, 'isQuick' | 'only'>,
  onProgress: (text: string) => void,
): Promise<Measured[]> {
  const child = fork(join(folder, 'bench/calls/main.js'), [JSON.stringify(options)], {
    cwd: root,
    // Listeners of threads.js, one for every call.
    execArgv: ['--expose-gc', '--disable-warning=MaxListenersExceededWarning'],
    env: environment(),
    // NaN and undefined arrive as they are.
    serialization: 'advanced',
  })
  const rows: Measured[] = []
  child.on('message', (message: Message) => {
    if (message.type === 'progress') onProgress(message.text)
    else rows.push(...message.rows)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (code === 0) resolve(rows)
      else reject(new Error(`The process that measures calls has ended with ${signal ?? `code ${code}`}; see above.`))
    })
  })
}

// What a test runner or a TypeScript loader adds is not for the process that is measured.
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, VITEST: _vitest, ...rest } = process.env
  return { ...rest, NODE_ENV: 'production' }
}

// The steps of `npm test` and `npm run check`: each runs a program, counts what passed and failed, and takes its time.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SIGNALS = ['SIGINT', 'SIGTERM']

/** The repository's root. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/**
 * Runs `node <script> ...args` in the repository's root.
 * @param {string[]} args
 * @param {{ quiet?: boolean, env?: Record<string, string> }} [options] quiet: the output is shown only when it fails
 * @returns {Promise<{ code: number, output: string }>}
 */
export function runNode(args, options = {}) {
  return run(process.execPath, args, options)
}

/** As runNode, for any program. */
export function run(command, args, { quiet = false, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
      env: { ...process.env, ...env },
    })
    const stop = (signal) => child.kill(signal)
    for (const signal of SIGNALS) process.once(signal, stop)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text
      })
    }
    const settle = (result) => {
      for (const signal of SIGNALS) process.off(signal, stop)
      resolve(result)
    }
    child.on('error', (error) => settle({ code: 1, output: `${output}${error.message}\n` }))
    child.on('close', (code) => settle({ code: code ?? 1, output }))
  })
}

/** A step that runs projects of vitest.config.ts: counts are those of the tests. */
export function vitestStep(projects, args = []) {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'troupe-tests-'))
    try {
      const report = join(folder, 'report.json')
      const { code } = await runVitest(projects, [
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...args,
      ])
      return countTests(report, code)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** A step that is one program: it passes when that exits with 0; its last line is the note. */
export function programStep(args) {
  return async () => {
    const { code, output } = await runNode(args, { quiet: true })
    console.log(output.trimEnd())
    const note = output.trimEnd().split('\n').at(-1) ?? ''
    return code === 0 ? { passed: 1, failed: 0, note } : { passed: 0, failed: 1, note }
  }
}

/** Runs vitest once on the named projects. CI is unset: it must not change what runs. */
export function runVitest(projects, args, options = {}) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  return runNode([vitest, 'run', ...projects.map((name) => `--project=${name}`), ...args], options)
}

function countTests(report, code) {
  let read
  try {
    read = JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    return { passed: 0, failed: 1, note: 'no report was written' }
  }
  const emptyFailures = read.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  const passed = read.numPassedTests
  const failed = read.numFailedTests + emptyFailures.length
  if (passed + failed === 0) return { passed, failed: 1, note: 'no test ran' }
  const unrun = read.numPendingTests + read.numTodoTests
  if (unrun > 0) return { passed, failed: failed + unrun, note: `${unrun} skipped` }
  if (code !== 0 && failed === 0) return { passed, failed: 1, note: `exit code ${code}: errors outside the tests` }
  return { passed, failed }
}

/**
 * Runs steps in order, prints a table with times and the closing line, and sets the exit code.
 * @param {{ title: string, run: () => Promise<{ passed: number, failed: number, note?: string }> }[]} steps
 */
export async function runSteps(steps) {
  const rows = []
  for (const { title, run } of steps) {
    console.log(`\n== ${title}`)
    const startedAt = performance.now()
    const result = await run().catch((error) => ({ passed: 0, failed: 1, note: error.message }))
    const seconds = (performance.now() - startedAt) / 1000
    rows.push({ title, seconds, ...result })
    console.log(`== ${title}: ${result.failed ? 'FAILED' : 'ok'} in ${seconds.toFixed(1)} s`)
  }
  printSummary(rows)
}

function printSummary(rows) {
  const width = Math.max(...rows.map(({ title }) => title.length))
  console.log(`\n${'step'.padEnd(width)}  passed  failed  seconds`)
  for (const { title, passed, failed, seconds, note } of rows) {
    const cells = [String(passed).padStart(6), String(failed).padStart(6), seconds.toFixed(1).padStart(7)]
    console.log(`${title.padEnd(width)}  ${cells.join('  ')}${note ? `  ${note}` : ''}`)
  }
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0)
  if (sum('failed') > 0 || rows.length === 0) process.exitCode = 1
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
}

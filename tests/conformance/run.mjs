// npm run conformance -- --host node|chromium|inline [--without PART] [--elsewhere] [--json] [--times N] [--shuffle] [--seed S]
// [--only ID]. Runs the suite on one host, with a part of the platform taken away if asked for, or with its actors and tasks on
// another node than the driver's. Prints one record per case; with --json one
// JSON object a line, and nothing else.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureChromium } from '../chromium.mjs'
import { runVitest } from '../steps.mjs'

const HOSTS = ['node', 'chromium', 'inline']
const PARTS = {
  node: ['sharedmemory'],
  inline: ['sharedmemory'],
  chromium: ['isolation', 'indexeddb', 'locks', 'sharedmemory'],
}
const USAGE = `usage: npm run conformance -- --host ${HOSTS.join('|')} [--without PART] [--elsewhere] [--json] [--times N] [--shuffle] [--seed S] [--only ID[,ID...]]`

try {
  const options = readOptions()
  if (options.host === 'chromium') process.env.CHROMIUM_PATH = ensureChromium((line) => console.error(line))
  let isGood = true
  for (let round = 0; round < options.times; round++) isGood = (await runOnce(options, round)) && isGood
  process.exitCode = isGood ? 0 : 1
} catch (error) {
  console.error(error.message)
  process.exitCode = 2
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: 'node' },
      json: { type: 'boolean', default: false },
      times: { type: 'string', default: '1' },
      shuffle: { type: 'boolean', default: false },
      seed: { type: 'string' },
      only: { type: 'string' },
      without: { type: 'string' },
      elsewhere: { type: 'boolean', default: false },
    },
  })
  const times = Number(values.times)
  const seed = values.seed === undefined ? undefined : Number(values.seed)
  if (!HOSTS.includes(values.host)) throw new Error(`There is no host ${values.host}.\n${USAGE}`)
  if (!Number.isInteger(times) || times < 1) throw new Error(`--times ${values.times} is no count.\n${USAGE}`)
  if (seed !== undefined && !Number.isInteger(seed)) throw new Error(`--seed ${values.seed} is no integer.\n${USAGE}`)
  if (values.only && !/^[A-Z]\d*(,[A-Z]\d*)*$/.test(values.only))
    throw new Error(`--only ${values.only} is no id like A1, section like A, or list of them.\n${USAGE}`)
  if (values.without && !PARTS[values.host].includes(values.without))
    throw new Error(
      `--without ${values.without}: ${values.host} can do without ${PARTS[values.host].join(', ')}.\n${USAGE}`,
    )
  return { ...values, times, seed }
}

async function runOnce({ host, json, shuffle, seed, only, without, elsewhere, times }, round) {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-conformance-'))
  const report = join(folder, 'report.json')
  const args = ['tests/conformance', '--reporter=json', `--outputFile.json=${report}`]
  const orderSeed = (seed ?? Date.now() % 1_000_000) + round
  if (shuffle) args.push('--sequence.shuffle.tests', '--sequence.shuffle.files', `--sequence.seed=${orderSeed}`)
  const wanted = only ? new RegExp(`^(${only.split(',').map(patternOf).join('|')}) `) : undefined
  if (wanted) args.push('-t', wanted.source)
  try {
    if (!json)
      console.log(
        `${host}${without ? ` without ${without}` : ''}${elsewhere ? ', elsewhere' : ''}${times > 1 ? `, run ${round + 1} of ${times}` : ''}${shuffle ? `, seed ${orderSeed}` : ''}`,
      )
    const { code, output } = await runVitest([host], args, {
      quiet: true,
      env: { TROUPE_WITHOUT: without ?? '', TROUPE_ELSEWHERE: elsewhere ? '1' : '' },
    })
    const { records, problems } = readReport(report, wanted)
    for (const record of records) console.log(json ? JSON.stringify(record) : formatRecord(record))
    const isGood =
      code === 0 && problems.length === 0 && records.length > 0 && records.every(({ status }) => status === 'passed')
    if (!isGood) console.error([...problems, records.length ? '' : 'No case ran.', output].filter(Boolean).join('\n'))
    if (!json) console.log(summaryOf(records))
    return isGood
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A section (`C`) stands for all its cases. */
function patternOf(id) {
  return /\d/.test(id) ? id : `${id}\\d+`
}

/** One record per case: the tests of one id are one case, passed when all of them passed. */
function readReport(path, wanted) {
  const cases = new Map()
  const problems = []
  for (const file of readJson(path)?.testResults ?? []) {
    if (file.status === 'failed' && file.assertionResults.length === 0) problems.push(`${file.name}: ${file.message}`)
    for (const { fullName, status, duration, failureMessages } of file.assertionResults) {
      const [, id = '', title = ''] = /^\s*([A-Z]\d+) (.*)$/.exec(fullName) ?? []
      if (!id) {
        problems.push(`${file.name}: the test "${fullName}" has no id`)
        continue
      }
      if (wanted && !wanted.test(`${id} `)) continue
      problems.push(...failureMessages.map((message) => `${fullName.trim()}\n${readable(message)}\n`))
      const seen = cases.get(id) ?? { id, title: title.split(':')[0], status: 'passed', ms: 0 }
      cases.set(id, { ...seen, status: worse(seen.status, status), ms: Math.round(seen.ms + (duration ?? 0)) })
    }
  }
  return { records: [...cases.values()].sort(byId), problems }
}

/** What vitest reports for a test that ran out of time has no text of its own. */
function readable(message) {
  return message.replace('Error: STACK_TRACE_ERROR', 'Error: it was not done within the time limit of a test')
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function worse(before, now) {
  if (before === 'failed' || now === 'failed') return 'failed'
  return before === 'skipped' || now !== 'passed' ? 'skipped' : 'passed'
}

function byId(a, b) {
  return a.id[0].localeCompare(b.id[0]) || Number(a.id.slice(1)) - Number(b.id.slice(1))
}

function formatRecord({ id, title, status, ms }) {
  return `${status === 'passed' ? 'ok    ' : status.toUpperCase()} ${id.padEnd(4)} ${title} (${ms} ms)`
}

function summaryOf(records) {
  const count = (wanted) => records.filter(({ status }) => status === wanted).length
  return `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`
}

import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { fillIn } from './document.ts'
import { isReached, type Measured, type Report, rowOf, tableOf } from './row.ts'
import { choose } from './subjects.ts'

const page = new URL('../docs/benchmarks.md', import.meta.url)

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? `${error.name}: ${error.message}` : error)
  process.exitCode = 2
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      host: { type: 'string', default: 'node' },
      json: { type: 'string' },
      without: { type: 'string' },
      only: { type: 'string', default: '' },
      write: { type: 'boolean', default: false },
    },
  })
  const { host } = values
  const only = values.only === '' ? [] : values.only.split(',')
  if (values.without !== undefined && values.without !== 'isolation')
    throw new RangeError(`--without takes "isolation", not "${values.without}".`)
  // Pages are served with the headers that isolate them, unless told otherwise; Node has shared memory always.
  const isIsolated = host === 'node' || values.without === undefined
  const measured: Measured[] = []
  for (const { name, measure } of choose(positionals, host)) {
    const rows = await measure(progress, { only, isIsolated })
    progress('')
    const where = `${host === 'node' ? `Node ${process.version}` : `Chromium${isIsolated ? ', cross-origin isolated' : ''}`}, ${availableParallelism()} core(s)`
    console.log(`${name} (${where})\n\n${tableOf(rows)}\n`)
    if (values.write) {
      const filled = fillIn(
        readFileSync(page, 'utf8'),
        `${name} ${host}${isIsolated ? '' : ' without isolation'}`,
        `${where}:\n\n${tableOf(rows)}`,
      )
      writeFileSync(page, filled)
    }
    measured.push(...rows)
  }
  const report: Report = { host, isolated: isIsolated, rows: measured.map(rowOf) }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
  const missed = measured.filter((row) => !isReached(row))
  if (missed.length > 0) {
    console.error(`Goals missed: ${missed.map(({ id }) => id).join(', ')}`)
    process.exitCode = 1
  }
}

// On a terminal one line that changes, elsewhere a line for each step.
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  else if (text !== '') process.stderr.write(`${text}\n`)
}

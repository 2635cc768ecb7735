import { type ChaosOptions, runChaos } from './chaos.ts'
import { type LeakOptions, type Round, runLeaks } from './leaks.ts'
import { printProgress, printReport } from './print.ts'
import { printLeaks, printRound } from './print-leaks.ts'

const [, , program, text = '{}'] = process.argv
try {
  const isGood = program === 'leaks' ? await leaks(JSON.parse(text)) : await chaos(JSON.parse(text))
  if (!isGood) process.exitCode = 1
} catch (error) {
  console.error(`\n${text}: ${error instanceof Error ? error.stack : String(error)}`)
  process.exit(1)
}

async function chaos(options: ChaosOptions): Promise<boolean> {
  const report = await runChaos(options, printProgress)
  printReport(report)
  return report.verdicts.every(({ violations }) => violations.length === 0)
}

async function leaks(options: LeakOptions): Promise<boolean> {
  const rounds: Round[] = []
  await runLeaks(options, (round) => {
    rounds.push(round)
    printRound(round)
  })
  return printLeaks(rounds, options)
}

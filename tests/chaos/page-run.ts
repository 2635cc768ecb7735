import type { ChaosReport } from './chaos.ts'
import type { LeakOptions, Round } from './leaks.ts'
import { runInPage } from './page.mjs'
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

async function chaos(options: object): Promise<boolean> {
  const report = (await runInPage('runChaos', options, { onProgress: printProgress })) as ChaosReport
  printReport(report)
  return report.verdicts.every(({ violations }) => violations.length === 0)
}

async function leaks(options: LeakOptions): Promise<boolean> {
  const rounds: Round[] = []
  const onRound = (round: Round): void => {
    rounds.push(round)
    printRound(round)
  }
  await runInPage('runLeaks', options, { onRound })
  return printLeaks(rounds, options)
}

import type { ChaosReport, Progress } from './chaos.ts'

let shown = -1

/** A bar that fills; outside of a terminal a line for each tenth. */
export function printProgress({ calls, allCalls, kills, allKills }: Progress): void {
  const part = Math.min(1, (calls / allCalls + Math.min(1, kills / allKills)) / 2)
  const isTerminal = process.stdout.isTTY
  const step = Math.floor(part * (isTerminal ? 40 : 10))
  if (step === shown) return
  shown = step
  const width = isTerminal ? 40 : 10
  const text = `[${'#'.repeat(step)}${'-'.repeat(width - step)}] ${calls} of ${allCalls} calls, ${kills} kills`
  process.stdout.write(isTerminal ? `\r${text}   ` : `${text}\n`)
}

/** The table of kills, then what holds and what does not. */
export function printReport({ seed, ms, kills, restarts, verdicts }: ChaosReport): void {
  console.log(`\n\n${'kills at'.padEnd(24)}visits   kills`)
  for (const { where, visits, kills: count } of kills)
    console.log(
      `${where.padEnd(24)}${(Number.isNaN(visits) ? '' : String(visits)).padStart(6)}${String(count).padStart(8)}`,
    )
  console.log(`${'restarts'.padEnd(24)}${String(restarts).padStart(14)}\n`)
  for (const { title, facts, violations } of verdicts) {
    console.log(`${violations.length === 0 ? 'holds ' : 'BROKEN'}  ${title} (${facts})`)
    for (const violation of violations.slice(0, 20)) console.log(`          ${violation}`)
    if (violations.length > 20) console.log(`          ... and ${violations.length - 20} more`)
  }
  console.log(`\nseed ${seed}, ${(ms / 1000).toFixed(1)} s`)
}

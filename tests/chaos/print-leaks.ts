import { judgeHeaps, type LeakOptions, type Round } from './leaks.ts'

/** One line a round: how long it took, what the heaps hold, what is left. */
export function printRound({ number, ms, heaps, left }: Round): void {
  const sizes = Object.entries(heaps).map(([realm, bytes]) => `${realm} ${(bytes / 1e6).toFixed(3)} MB`)
  console.log(
    `round ${number}, ${(ms / 1000).toFixed(1)} s: ${sizes.join(', ')}; counts ${left.length === 0 ? 'zero' : ''}`,
  )
  for (const line of left) console.log(`    ${line}`)
}

/** The verdicts. False: something leaks. */
export function printLeaks(rounds: readonly Round[], options: LeakOptions): boolean {
  const growth = judgeHeaps(rounds, options)
  const isZero = rounds.every(({ left }) => left.length === 0)
  console.log(`\n${isZero ? 'holds ' : 'BROKEN'}  all counts are zero after every round`)
  console.log(`${growth.length === 0 ? 'holds ' : 'BROKEN'}  from round 2 on heaps grow by less than 1 byte a thing`)
  for (const line of growth) console.log(`          ${line}`)
  return isZero && growth.length === 0
}

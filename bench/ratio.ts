/** A measured way of doing something, and the bare one it is compared with. Both give how long they took, in ms. */
export interface Contest {
  readonly title: string
  /** The least ratio of speeds (bare time ÷ own time) that is good enough. */
  readonly goal: number
  readonly own: () => number | Promise<number>
  readonly bare: () => number | Promise<number>
}
export interface Outcome {
  readonly title: string
  readonly goal: number
  /** Of neighbouring rounds: other load on the machine comes and goes. */
  readonly ratio: number
  /** The ratio of the very first round. */
  readonly firstRatio: number
  readonly bareMs: number
  readonly ownMs: number
}

/** Runs both by turns and compares neighbours; the first round is reported apart, as the one that warms up. */
export async function compare(contest: Contest, rounds = 30): Promise<Outcome> {
  const ratios: number[] = []
  const own: number[] = []
  const bare: number[] = []
  for (let round = 0; round < rounds; round++) {
    // Who goes first alternates: what one leaves in the caches helps the other.
    if (round % 2 === 0) own.push(await contest.own())
    bare.push(await contest.bare())
    if (round % 2 === 1) own.push(await contest.own())
    ratios.push(bare.at(-1)! / own.at(-1)!)
  }
  const [firstRatio = 0, ...steady] = ratios
  const { title, goal } = contest
  return { title, goal, ratio: median(steady), firstRatio, bareMs: median(bare), ownMs: median(own) }
}

/** A line for people. */
export function outcomeText({ title, goal, ratio, firstRatio, bareMs, ownMs }: Outcome): string {
  const times = `${ownMs.toFixed(2)} ms, bare ${bareMs.toFixed(2)} ms`
  return `${title.padEnd(58)} ${ratio.toFixed(2)} × bare (goal ${goal}; first round ${firstRatio.toFixed(2)}; ${times})`
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

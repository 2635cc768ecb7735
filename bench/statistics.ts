/** A ratio, and where it lies with 95 % certainty. */
export interface Estimate {
  readonly ratio: number
  readonly low: number
  readonly high: number
}

const resampleCount = 1000

/** The middle value; of an even number the higher of both in the middle. Throws when there is none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('there is no median of no values')
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}

/** The median of the ratios of blocks, with its 95 % bootstrap bound. The same values give the same bound. */
export function estimate(ratios: readonly number[], seed = 1): Estimate {
  const next = randomFrom(seed)
  const medians = Array.from({ length: resampleCount }, () => {
    return median(ratios.map(() => ratios[Math.floor(next() * ratios.length)]!))
  }).sort((a, b) => a - b)
  const at = (part: number): number => medians[Math.floor(part * (resampleCount - 1))]!
  return { ratio: median(ratios), low: at(0.025), high: at(0.975) }
}

/**
 * Runs all contenders in each block, and each block begins with another one: load that comes and goes meets all of them,
 * and what one leaves in the caches helps nobody always. What they answer, by name, block by block.
 */
export async function interleave<Name extends string>(
  contenders: Readonly<Record<Name, () => number | Promise<number>>>,
  blocks: number,
  onBlock?: (done: number) => void,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contenders) as Name[]
  const figures = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(block + i) % names.length]!
      figures[name].push(await contenders[name]())
    }
    onBlock?.(block + 1)
  }
  return figures
}

/** Block by block, one figure over the other. */
export function ratiosOf(above: readonly number[], below: readonly number[]): number[] {
  return above.map((figure, block) => figure / below[block]!)
}

/** Numbers in 0 … 1, the same ones for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

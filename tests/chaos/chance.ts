/** Numbers in [0, 1) that a seed repeats. */
export function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** An integer from `min` to `max`, both included. */
export function between(random: () => number, min: number, max: number): number {
  return min + Math.floor(random() * (max - min + 1))
}

/** `count` different integers from `min` to `max`, in rising order. */
export function pick(random: () => number, count: number, [min, max]: readonly [number, number]): number[] {
  const picked = new Set<number>()
  while (picked.size < count) picked.add(between(random, min, max))
  return [...picked].sort((a, b) => a - b)
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

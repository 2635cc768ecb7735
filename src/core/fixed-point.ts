/** Resources are counted in units of 1/10 000, so that sums are exact. */
export const unitsPerOne = 10_000

export function toUnits(amount: number): number {
  return Math.round(amount * unitsPerOne)
}

export function fromUnits(units: number): number {
  return units / unitsPerOne
}

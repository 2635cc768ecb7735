/** Throws what was expected when it does not hold. */
export function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}

/** Throws unless both are the same data. */
export function same(actual: unknown, expected: unknown): void {
  const [text, expectedText] = [JSON.stringify(actual), JSON.stringify(expected)]
  check(text === expectedText, `${text} instead of ${expectedText}`)
}

/** What a call throws or rejects with; undefined when it does neither. */
export async function rejection(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error ?? new Error('it rejected with nothing')
  }
  return undefined
}

/** Checks of option bags. Each throws at once, with the option's name, what is wrong and what would be right. */

export function checkKeys(
  options: unknown,
  known: readonly string[],
  where: string,
  noun = 'option',
): asserts options is object {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(
      `${where}: ${noun}s must be an object, not ${options === null ? 'null' : Array.isArray(options) ? 'an array' : typeof options}.`,
    )
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    const close = known.find((name) => isClose(name, key))
    throw new RangeError(
      `${where}: unknown ${noun} "${key}".${close === undefined ? '' : ` Did you mean "${close}"?`} Known: ${known.join(', ')}.`,
    )
  }
}

function isClose(a: string, b: string): boolean {
  const [x, y] = [a.toLowerCase().replace(/_/g, ''), b.toLowerCase().replace(/_/g, '')]
  if (x === y || x.includes(y) || y.includes(x)) return true
  return (
    Math.abs(x.length - y.length) < 2 && [...x].sort().join('').slice(0, -1) === [...y].sort().join('').slice(0, -1)
  )
}

interface NumberRule {
  readonly name: string
  readonly where: string
  readonly min: number
  readonly isInteger?: boolean
}

export function checkNumber(value: unknown, rule: NumberRule): void {
  if (value === undefined) return
  const { name, where, min, isInteger } = rule
  if (typeof value !== 'number' || Number.isNaN(value))
    throw new TypeError(`${where}: ${name} must be a number, not ${describe(value)}.`)
  if (value < min) throw new RangeError(`${where}: ${name} must be at least ${min}, not ${value}.`)
  if (isInteger && !Number.isInteger(value) && value !== Number.POSITIVE_INFINITY)
    throw new RangeError(`${where}: ${name} must be a whole number, not ${value}.`)
}

/** Amounts of resources: not negative, and no finer than 1/10 000. */
export function checkAmount(value: unknown, name: string, where: string): void {
  checkNumber(value, { name, where, min: 0 })
  if (value === undefined) return
  const units = (value as number) * 10_000
  if (!Number.isFinite(units) || Math.abs(units - Math.round(units)) > 1e-6) {
    throw new RangeError(`${where}: ${name} must be a multiple of 0.0001, not ${value as number}.`)
  }
}

export function checkResources(resources: unknown, where: string): void {
  if (resources === undefined) return
  if (typeof resources !== 'object' || resources === null)
    throw new TypeError(`${where}: resources must be an object like { name: amount }.`)
  for (const [name, amount] of Object.entries(resources)) {
    if (['CPU', 'GPU', 'cpu', 'gpu'].includes(name)) {
      throw new RangeError(
        `${where}: resources.${name} is not a custom resource; use ${name.toUpperCase() === 'CPU' ? 'numCpus' : 'numGpus'}.`,
      )
    }
    if (amount === undefined) throw new TypeError(`${where}: resources.${name} must be a number.`)
    checkAmount(amount, `resources.${name}`, where)
  }
}

export function checkString(value: unknown, name: string, where: string): void {
  if (value === undefined) return
  if (typeof value !== 'string') throw new TypeError(`${where}: ${name} must be a string, not ${describe(value)}.`)
  if (value === '') throw new RangeError(`${where}: ${name} must not be empty.`)
}

export function checkBoolean(value: unknown, name: string, where: string): void {
  if (value !== undefined && typeof value !== 'boolean')
    throw new TypeError(`${where}: ${name} must be true or false, not ${describe(value)}.`)
}

export function checkOneOf(value: unknown, allowed: readonly string[], name: string, where: string): void {
  if (value === undefined || allowed.includes(value as string)) return
  throw new RangeError(
    `${where}: ${name} must be ${allowed.map((one) => `'${one}'`).join(' or ')}, not ${describe(value)}.`,
  )
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  return value === null
    ? 'null'
    : typeof value === 'object'
      ? 'an object'
      : typeof value === 'function'
        ? 'a function'
        : String(value)
}

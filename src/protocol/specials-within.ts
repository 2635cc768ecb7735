import type { Special } from './codec.ts'

/** The specials that stand somewhere in `value`, directly or in the data of another special. */
export function specialsWithin(value: unknown, specials: readonly Special[]): Special[] {
  const byPlaceholder = new Map(specials.map((special) => [special[0], special]))
  const found = new Set<Special>()
  const seen = new Set<object>()
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null || seen.has(part)) return
    seen.add(part)
    const special = byPlaceholder.get(part)
    if (special !== undefined) {
      found.add(special)
      return visit(special[2])
    }
    if (part instanceof Map) {
      for (const [key, item] of part) {
        visit(key)
        visit(item)
      }
    } else if (part instanceof Set || Array.isArray(part)) for (const item of part) visit(item)
    else if (!ArrayBuffer.isView(part))
      for (const key of Object.keys(part)) visit((part as Record<string, unknown>)[key])
  }
  visit(value)
  return specials.filter((special) => found.has(special))
}

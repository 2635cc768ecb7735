import type { LabelSelector } from '../../protocol/specs.ts'

/** Whether a node's labels satisfy a selector: all of its lines must hold. A label that is missing is in no list. */
export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([name, wanted]) => {
    const value = labels[name]
    if ('not' in wanted) return value === undefined || !wanted.not.includes(value)
    return value !== undefined && wanted.includes(value)
  })
}

/** A selector as people read it: `zone in (eu, us) and arch not in (arm)`. */
export function describeLabels(selector: LabelSelector): string {
  return Object.entries(selector)
    .map(([name, wanted]) =>
      'not' in wanted ? `${name} not in (${wanted.not.join(', ')})` : `${name} in (${wanted.join(', ')})`,
    )
    .join(' and ')
}

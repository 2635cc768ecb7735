import type { Measured } from './row.ts'

export type Host = 'node' | 'chromium'
/** What of a subject to measure, and how; only `calls` can leave something out. */
export interface Choice {
  /** Pages are cross-origin isolated. */
  readonly isIsolated: boolean
  /** Ids of rows; empty: all. */
  readonly only: readonly string[]
}
type Measure = (onProgress: (text: string) => void, choice: Choice) => Promise<Measured[]>

/** What `npm run bench` can measure, and where. Each is loaded only when it is wanted. */
export const subjects: Readonly<Record<string, Readonly<Partial<Record<Host, Measure>>>>> = {
  calls: {
    node: async (onProgress, choice) => (await import('./calls/launch.ts')).measureCalls(onProgress, choice),
    chromium: async (onProgress, choice) =>
      (await import('./page.ts')).measureInPage('calls-page', { ...choice, onProgress }),
  },
  core: {
    node: async (onProgress) => (await import('./core.ts')).measureCore(onProgress),
  },
  gpu: {
    chromium: async (onProgress, choice) =>
      (await import('./page.ts')).measureInPage('gpu-page', { ...choice, onProgress }),
  },
  objects: {
    node: async (onProgress) => (await import('./objects.ts')).measureObjects(onProgress),
    chromium: async (_onProgress, choice) => (await import('./page.ts')).measureInPage('objects-page', choice),
  },
  store: {
    node: async (onProgress) => (await import('./store.ts')).measureStore(onProgress),
    chromium: async (_onProgress, choice) => (await import('./page.ts')).measureInPage('store-page', choice),
  },
  timeline: {
    node: async (onProgress) => (await import('./timeline.ts')).measureTimeline(onProgress),
  },
}

/** There is nothing of that name to measure. */
export class UnknownSubjectError extends Error {
  override readonly name = 'UnknownSubjectError'
  readonly subject: string

  constructor(subject: string) {
    super(`There is no bench "${subject}". Choose of: ${Object.keys(subjects).join(', ')}.`)
    this.subject = subject
  }
}

/** It cannot be measured there. */
export class UnknownHostError extends Error {
  override readonly name = 'UnknownHostError'
  readonly host: string

  constructor(host: string, subject: string | undefined) {
    const hosts = subject === undefined ? ['node', 'chromium'] : Object.keys(subjects[subject]!)
    super(`${subject ?? 'The bench'} does not run on "${host}". Choose of: ${hosts.join(', ')}.`)
    this.host = host
  }
}

/** The subjects that were asked for, or all there are for a host. Throws when a name or a host is unknown. */
export function choose(names: readonly string[], host: string): readonly { name: string; measure: Measure }[] {
  if (host !== 'node' && host !== 'chromium') throw new UnknownHostError(host, undefined)
  for (const name of names) {
    if (!Object.hasOwn(subjects, name)) throw new UnknownSubjectError(name)
    if (subjects[name]![host] === undefined) throw new UnknownHostError(host, name)
  }
  const chosen = names.length > 0 ? names : Object.keys(subjects)
  return chosen.flatMap((name) => {
    const measure = subjects[name]![host]
    return measure === undefined ? [] : [{ name, measure }]
  })
}

/** Places in a worker's life at which tests may step in, to end it just there. */
export type ProbePoint = 'accept' | 'running' | 'reply' | 'posted' | 'restart' | 'release'

interface Probe {
  at: ((point: ProbePoint, actorId: string) => void) | undefined
}

const key: symbol = Symbol.for('troupe.probe')
const holder = globalThis as unknown as Record<symbol, Probe | undefined>

/** Nothing by default. Set by tests in a worker: `globalThis[Symbol.for('troupe.probe')].at = ...`. */
export const probe: Probe = (holder[key] ??= { at: undefined })

import type { ResourceRequest } from '../protocol/specs.ts'

interface ResourceOptions {
  numCpus?: number
  numGpus?: number
  resources?: Readonly<Record<string, number>>
}

/** What an actor or task asks for, from its options. */
export function requestOf({ numCpus, numGpus, resources }: ResourceOptions, defaultCpus: number): ResourceRequest {
  const custom = Object.fromEntries(Object.entries(resources ?? {}).filter(([, amount]) => amount > 0))
  return { cpu: numCpus ?? defaultCpus, gpu: numGpus ?? 0, custom }
}

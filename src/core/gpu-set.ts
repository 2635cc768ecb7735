import type { GpuNeeds, GpuStatus, GpuTraits } from '../protocol/gpu-provider.ts'

const unnamed: GpuStatus = { state: 'ok' }

/** What is known of the GPUs of one node, by index. The node's books and those of the bundles on it share it. */
export class GpuSet {
  #all: readonly GpuStatus[]

  /** Those that nothing is said of are logical ones. */
  constructor(all: readonly GpuStatus[] = []) {
    this.#all = all
  }

  get all(): readonly GpuStatus[] {
    return this.#all
  }

  at(index: number): GpuStatus {
    return this.#all[index] ?? unnamed
  }

  change(all: readonly GpuStatus[]): void {
    this.#all = all
  }

  /** As if those that are lost were back. */
  whenBack(): GpuSet {
    return new GpuSet(this.#all.map((one) => (one.state === 'lost' ? { ...one, state: 'ok' } : one)))
  }

  /** Whether it can be given now to who needs this of it. */
  isUsable(index: number, needs?: GpuNeeds): boolean {
    const { state, traits } = this.at(index)
    if (needs === undefined) return state === 'ok' || state === 'unknown'
    return state === 'ok' && meets(traits, needs)
  }

  /** Whether it could be given some day. */
  couldBeUsable(index: number, needs?: GpuNeeds): boolean {
    const { state, traits } = this.at(index)
    if (state === 'gone') return false
    return needs === undefined || state === 'unknown' || meets(traits, needs)
  }
}

/** The largest storage buffer that an adapter can have, in bytes. */
export function maxBufferBytes({ limits }: GpuTraits): number {
  return Math.min(limits['maxBufferSize'] ?? 0, limits['maxStorageBufferBindingSize'] ?? 0)
}

function meets(traits: GpuTraits | undefined, needs: GpuNeeds): boolean {
  return traits !== undefined && lacksOf(traits, needs).length === 0
}

function lacksOf(traits: GpuTraits, { features, minBufferBytes = 0 }: GpuNeeds): string[] {
  const lacks = features.filter((feature) => !traits.features.includes(feature)).map((feature) => `lacks ${feature}`)
  const most = maxBufferBytes(traits)
  return most >= minBufferBytes ? lacks : [...lacks, `has storage buffers of at most ${most} bytes`]
}

/** `with shader-f16 and storage buffers of 1073741824 bytes`; empty for no needs. */
export function describeNeeds(needs: GpuNeeds | undefined): string {
  if (needs === undefined) return ''
  const buffers = needs.minBufferBytes === undefined ? [] : [`storage buffers of ${needs.minBufferBytes} bytes`]
  const all = [...needs.features, ...buffers]
  return all.length === 0 ? '' : ` with ${all.join(' and ')}`
}

/** Why a GPU cannot be had by who needs this; undefined when it can. */
export function whyUnusable({ state, traits, reason }: GpuStatus, needs?: GpuNeeds): string | undefined {
  const because = reason === undefined ? '' : ` (${reason})`
  if (state === 'gone') return `was lost and did not come back${because}`
  if (state === 'lost') return `was lost and is asked for again${because}`
  if (needs === undefined) return undefined
  if (state === 'unknown') return 'is being asked what it is'
  if (traits === undefined) return 'is a logical one without an adapter'
  const lacks = lacksOf(traits, needs)
  return lacks.length === 0 ? undefined : `(${traits.name}) ${lacks.join(' and ')}`
}

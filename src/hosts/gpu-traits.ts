import type { GpuTraits, PowerPreference } from '../protocol/gpu-provider.ts'

/** What WebGPU says of an adapter, as far as it is asked here. */
export interface AdapterLike {
  readonly info: GpuTraits['info'] & { readonly isFallbackAdapter?: boolean }
  readonly features: Iterable<string>
  readonly limits: object
}

/** Where adapters come from: `navigator.gpu`, or what Node has in its place. */
export interface AdapterSource {
  requestAdapter(options: { readonly powerPreference: PowerPreference }): PromiseLike<AdapterLike | null>
}

/** The adapters of a platform, the fastest first, each one once. */
export async function listAdapters(source: AdapterSource): Promise<GpuTraits[]> {
  const found: GpuTraits[] = []
  for (const powerPreference of ['high-performance', 'low-power'] as const) {
    const adapter = await source.requestAdapter({ powerPreference })
    if (adapter === null) continue
    const traits = traitsOf(adapter, powerPreference)
    if (!found.some((other) => isSame(other, traits))) found.push(traits)
  }
  return found
}

/** An adapter as data. */
export function traitsOf({ info, features, limits }: AdapterLike, powerPreference: PowerPreference): GpuTraits {
  const { vendor, architecture, device, description } = info
  const amounts: Record<string, number> = {}
  // They are getters of a class.
  for (const name in limits) {
    const amount: unknown = limits[name as keyof typeof limits]
    if (typeof amount === 'number') amounts[name] = amount
  }
  return {
    name: [vendor, architecture].filter(Boolean).join(' ') || description || 'an unnamed adapter',
    isSoftware: isSoftware(info),
    powerPreference,
    info: { vendor, architecture, device, description },
    features: [...features].sort(),
    limits: amounts,
  }
}

/** Whether an adapter computes on the CPU. */
export function isSoftware(info: AdapterLike['info']): boolean {
  const text = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`
  return info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render/i.test(text)
}

function isSame(a: GpuTraits, b: GpuTraits): boolean {
  return (['vendor', 'architecture', 'device', 'description'] as const).every((key) => a.info[key] === b.info[key])
}

/** What a request may ask of each GPU it is given. */
export interface GpuNeeds {
  /** Features by their WebGPU names, like `shader-f16`. */
  readonly features: readonly string[]
  /** A storage buffer of so many bytes must be possible. */
  readonly minBufferBytes?: number
}

export type PowerPreference = 'high-performance' | 'low-power'

/** One adapter of a machine, as data. */
export interface GpuTraits {
  /** What to call it: `nvidia hopper`. */
  readonly name: string
  /** It computes on the CPU. */
  readonly isSoftware: boolean
  /** How a realm asks its platform for this one. */
  readonly powerPreference: PowerPreference
  readonly info: Readonly<Record<'vendor' | 'architecture' | 'device' | 'description', string>>
  readonly features: readonly string[]
  readonly limits: Readonly<Record<string, number>>
}

/**
 * Whether a GPU of a node can be had. `unknown`: its node still asks what it is; it can be had, but not by who needs
 * something of it. `lost`: it is asked for again. `gone`: it did not come back.
 */
export type GpuState = 'ok' | 'unknown' | 'lost' | 'gone'

/** One GPU of a node: its state, and the adapter behind it; a logical one has none. */
export interface GpuStatus {
  readonly state: GpuState
  readonly traits?: GpuTraits
  /** Why it was lost, as a clause for people. */
  readonly reason?: string
}

/** Where a platform's GPUs come from. Implement it to add one. */
export interface GpuProvider {
  /** The adapters of this machine, the fastest first and each one once. Empty: there is none, or no driver. */
  listAdapters(): PromiseLike<readonly GpuTraits[]>
  /**
   * An adapter for this realm; each gives one device. Null: there is none now. `wanted` undefined: the fastest one.
   */
  requestAdapter(wanted: GpuTraits | undefined): PromiseLike<object | null>
}

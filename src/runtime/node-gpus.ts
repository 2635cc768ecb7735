import type { NodeResources } from '../core/node-ledger.ts'
import type { GpuProvider, GpuStatus, GpuTraits } from '../protocol/gpu-provider.ts'
import { adaptersOf } from './found-gpus.ts'

/** How long a lost adapter is asked for before it counts as gone, and how often afterwards. */
export const lostLimitMs = 10_000
const firstDelayMs = 20
const goneDelayMs = 30_000

/** What a node knows of its GPUs: which adapter is behind each, and whether it can be had. */
export class NodeGpus {
  readonly #provider: GpuProvider
  readonly #changed: (all: readonly GpuStatus[]) => void
  #all: readonly GpuStatus[]
  #asking: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  /** `changed`: the cluster is to know this of them from now on. */
  constructor(
    provider: GpuProvider,
    { gpus, gpuStatus = [] }: NodeResources,
    changed: (all: readonly GpuStatus[]) => void,
  ) {
    this.#provider = provider
    this.#changed = changed
    this.#all = Array.from({ length: gpus }, (_, id): GpuStatus => gpuStatus[id] ?? { state: 'ok' })
    if (this.#all.some(({ state }) => state === 'unknown')) this.#asking = this.#ask()
  }

  get all(): readonly GpuStatus[] {
    return this.#all
  }

  /** The adapter behind a GPU, once it is known; undefined: it is a logical one. */
  async traits(id: number): Promise<GpuTraits | undefined> {
    await this.#asking
    return this.#all[id]?.traits
  }

  // The GPUs that the user wants there to be, over the adapters there are by turns.
  async #ask(): Promise<void> {
    const adapters = await adaptersOf(this.#provider)
    this.#asking = undefined
    if (this.#isClosed) return
    this.#tell(this.#all.map((_, id) => withTraits({ state: 'ok' }, adapters[id % adapters.length])))
  }

  /** A device of this GPU was lost, and its adapter with it perhaps: it is given to nobody until it has answered. */
  lost(id: number, reason: string): void {
    const traits = this.#all[id]?.traits
    if (traits === undefined || this.#all[id]?.state !== 'ok' || this.#isClosed) return
    this.#set(traits, { state: 'lost', reason })
    void this.#askAgain(traits, reason)
  }

  async #askAgain(traits: GpuTraits, reason: string): Promise<void> {
    const endMs = performance.now() + lostLimitMs
    let delayMs = firstDelayMs
    while (!this.#isClosed) {
      if (await this.#isBack(traits)) return this.#set(traits, { state: 'ok' })
      const hasTime = performance.now() + delayMs < endMs
      if (!hasTime && this.#stateOf(traits) === 'lost') this.#set(traits, { state: 'gone', reason })
      await this.#sleep(hasTime ? delayMs : goneDelayMs)
      delayMs *= 2
    }
  }

  // Another adapter in its place (a software one, say) is not what was promised.
  async #isBack({ name, powerPreference }: GpuTraits): Promise<boolean> {
    const adapters = await adaptersOf(this.#provider)
    return adapters.some((one) => one.name === name && one.powerPreference === powerPreference)
  }

  #stateOf(traits: GpuTraits): GpuStatus['state'] | undefined {
    return this.#all.find((one) => one.traits === traits)?.state
  }

  #set(traits: GpuTraits, status: GpuStatus): void {
    if (this.#isClosed) return
    this.#tell(this.#all.map((one) => (one.traits === traits ? withTraits(status, traits) : one)))
  }

  #tell(all: readonly GpuStatus[]): void {
    this.#all = all
    this.#changed(all)
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#timer = setTimeout(resolve, ms)
      ;(this.#timer as { unref?: () => void }).unref?.()
    })
  }

  /** Asks no more. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }
}

function withTraits(status: GpuStatus, traits: GpuTraits | undefined): GpuStatus {
  return traits === undefined ? status : { ...status, traits }
}

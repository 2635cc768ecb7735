import type { Allocation, ResourceRequest } from '../protocol/specs.ts'
import { fromUnits, toUnits, unitsPerOne } from './fixed-point.ts'

/** Amounts by resource name: `CPU`, `GPU` and the custom ones. */
export type Amounts = Readonly<Record<string, number>>

/** What a node has. */
export interface NodeResources {
  readonly cpus: number
  readonly gpus: number
  readonly custom: Readonly<Record<string, number>>
}

/**
 * The books of one node: what it has and what is given out. GPUs are kept per index, so that no unit of a GPU is ever
 * given twice; whole GPUs are taken before one is shared, and a share goes where the least is left.
 */
export class NodeLedger {
  readonly #total: Map<string, number>
  readonly #free: Map<string, number>
  readonly #gpus: number[]

  constructor(resources: NodeResources) {
    this.#total = new Map([['CPU', toUnits(resources.cpus)]])
    for (const [name, amount] of Object.entries(resources.custom)) this.#total.set(name, toUnits(amount))
    this.#free = new Map(this.#total)
    this.#gpus = Array.from({ length: resources.gpus }, () => unitsPerOne)
  }

  /** Whether the empty node could give this. */
  canEverFit(request: ResourceRequest): boolean {
    if (wholeGpus(request.gpu) + (shareOf(request.gpu) > 0 ? 1 : 0) > this.#gpus.length) return false
    return namedUnits(request).every(([name, units]) => units <= (this.#total.get(name) ?? 0))
  }

  /** The names of what is lacking now; empty when it fits. */
  lacking(request: ResourceRequest): string[] {
    const names = namedUnits(request)
      .filter(([name, units]) => units > (this.#free.get(name) ?? 0))
      .map(([name]) => name)
    if (request.gpu > 0 && this.#chooseGpus(request.gpu) === undefined) names.push('GPU')
    return names
  }

  /** Takes what is asked for, or nothing. */
  acquire(request: ResourceRequest): Allocation | undefined {
    const units = namedUnits(request)
    if (units.some(([name, amount]) => amount > (this.#free.get(name) ?? 0))) return undefined
    const gpuIds = this.#chooseGpus(request.gpu)
    if (gpuIds === undefined) return undefined
    for (const [name, amount] of units) this.#free.set(name, this.#free.get(name)! - amount)
    this.#changeGpus(request.gpu, gpuIds, -1)
    return { request, gpuIds }
  }

  release(allocation: Allocation): void {
    for (const [name, amount] of namedUnits(allocation.request)) this.#free.set(name, this.#free.get(name)! + amount)
    this.#changeGpus(allocation.request.gpu, allocation.gpuIds, 1)
  }

  total(): Amounts {
    return amounts(this.#total, this.#gpus.length * unitsPerOne)
  }

  available(): Amounts {
    return amounts(
      this.#free,
      this.#gpus.reduce((sum, units) => sum + units, 0),
    )
  }

  /** Throws when the books cannot be true. */
  checkInvariants(): void {
    for (const [name, units] of this.#free) {
      if (units < 0 || units > this.#total.get(name)!)
        throw new Error(`bug: ${name} has ${units} units free of ${this.#total.get(name)}`)
    }
    this.#gpus.forEach((units, index) => {
      if (units < 0 || units > unitsPerOne) throw new Error(`bug: GPU ${index} has ${units} units free`)
    })
  }

  #chooseGpus(amount: number): number[] | undefined {
    const chosen: number[] = []
    let whole = wholeGpus(amount)
    for (let index = 0; index < this.#gpus.length && whole > 0; index++) {
      if (this.#gpus[index] !== unitsPerOne) continue
      chosen.push(index)
      whole--
    }
    if (whole > 0) return undefined
    const share = shareOf(amount)
    if (share === 0) return chosen
    let best = -1
    this.#gpus.forEach((units, index) => {
      if (units >= share && !chosen.includes(index) && (best < 0 || units < this.#gpus[best]!)) best = index
    })
    return best < 0 ? undefined : [...chosen, best]
  }

  #changeGpus(amount: number, gpuIds: readonly number[], sign: 1 | -1): void {
    const whole = wholeGpus(amount)
    gpuIds.forEach((id, position) => {
      this.#gpus[id] = this.#gpus[id]! + sign * (position < whole ? unitsPerOne : shareOf(amount))
    })
  }
}

function wholeGpus(amount: number): number {
  return Math.floor(toUnits(amount) / unitsPerOne)
}

function shareOf(amount: number): number {
  return toUnits(amount) % unitsPerOne
}

function namedUnits(request: ResourceRequest): [name: string, units: number][] {
  const named = Object.entries(request.custom)
    .filter(([, amount]) => amount > 0)
    .map(([name, amount]): [string, number] => [name, toUnits(amount)])
  return request.cpu > 0 ? [['CPU', toUnits(request.cpu)], ...named] : named
}

function amounts(units: ReadonlyMap<string, number>, gpuUnits: number): Amounts {
  const result: Record<string, number> = {}
  for (const [name, amount] of units) result[name] = fromUnits(amount)
  result['GPU'] = fromUnits(gpuUnits)
  return result
}

/** A request as people read it: `{ CPU: 1, GPU: 2 }` without what is not asked for. */
export function describeRequest(request: ResourceRequest): Record<string, number> {
  return {
    ...(request.cpu > 0 ? { CPU: request.cpu } : {}),
    ...(request.gpu > 0 ? { GPU: request.gpu } : {}),
    ...request.custom,
  }
}

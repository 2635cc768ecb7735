import type { GpuNeeds, GpuStatus } from '../protocol/gpu-provider.ts'
import { type Allocation, bitOf, cpuBit, type Demand, gpuBit, gpuUnitsOf, type ResourceMask } from './demand.ts'
import { fromUnits, toUnits, unitsPerOne } from './fixed-point.ts'
import { GpuSet } from './gpu-set.ts'

/** Amounts by resource name: `CPU`, `GPU` and the custom ones. */
export type Amounts = Readonly<Record<string, number>>

/** What a node has. */
export interface NodeResources {
  readonly cpus: number
  readonly gpus: number
  /** What is known of each; nothing of logical ones. */
  readonly gpuStatus?: readonly GpuStatus[]
  readonly custom: Readonly<Record<string, number>>
}

interface Holdings {
  readonly cpu: number
  /** Units of each GPU, by its index. */
  readonly gpus: readonly number[]
  readonly custom: ReadonlyMap<string, number>
}

/**
 * The books of one node, or of one bundle on it: what there is and what is given out. GPUs are kept per index, so that
 * no unit of a GPU is ever given twice; whole GPUs are taken before one is shared, and a share goes where the least is
 * left.
 */
export class NodeLedger {
  /** Which of the GPUs can be had, and what they are. */
  readonly gpus: GpuSet
  readonly #total: Holdings
  readonly #custom: Map<string, number>
  readonly #gpus: number[]
  #cpu: number
  #gpuUnits: number

  private constructor(total: Holdings, gpus: GpuSet) {
    this.gpus = gpus
    this.#total = total
    this.#cpu = total.cpu
    this.#custom = new Map(total.custom)
    this.#gpus = [...total.gpus]
    this.#gpuUnits = sum(total.gpus)
  }

  static ofNode({ cpus, gpus, gpuStatus, custom }: NodeResources): NodeLedger {
    const total = {
      cpu: toUnits(cpus),
      gpus: Array.from({ length: gpus }, () => unitsPerOne),
      custom: new Map(Object.entries(custom).map(([name, amount]) => [name, toUnits(amount)])),
    }
    return new NodeLedger(total, new GpuSet(gpuStatus))
  }

  /** The books of what was set apart: those GPUs of `known`, under their own numbers. */
  static ofAllocation({ demand, gpuIds }: Allocation, known: GpuSet = new GpuSet()): NodeLedger {
    const gpus: number[] = []
    gpuIds.forEach((id, position) => {
      while (gpus.length <= id) gpus.push(0)
      gpus[id] = position < demand.gpuWhole ? unitsPerOne : demand.gpuShare
    })
    const custom = new Map(demand.customNames.map((name, at) => [name, demand.customUnits[at]!]))
    return new NodeLedger({ cpu: demand.cpu, gpus, custom }, known)
  }

  /** Books that start as these are now, for trying things out. */
  copy(): NodeLedger {
    const copy = new NodeLedger(this.#total, this.gpus)
    copy.#cpu = this.#cpu
    copy.#gpuUnits = this.#gpuUnits
    this.#gpus.forEach((units, id) => {
      copy.#gpus[id] = units
    })
    for (const [name, units] of this.#custom) copy.#custom.set(name, units)
    return copy
  }

  /** The same place with nothing given out, and what is lost back. */
  emptyCopy(): NodeLedger {
    return new NodeLedger(this.#total, this.gpus.whenBack())
  }

  /** What is free, in units, by the bits of the resources, added to `sums`. */
  addFreeTo(sums: Map<ResourceMask, number>): void {
    const add = (bit: ResourceMask, units: number): Map<number, number> => sums.set(bit, (sums.get(bit) ?? 0) + units)
    add(cpuBit, this.#cpu)
    add(gpuBit, this.#freeGpuUnits)
    for (const [name, units] of this.#custom) add(bitOf(name), units)
  }

  /** Whether it could give this when nothing is given out. */
  canEverFit(demand: Demand): boolean {
    const { cpu, gpus, custom } = this.#total
    if (demand.cpu > cpu || !demand.customNames.every((name, at) => demand.customUnits[at]! <= (custom.get(name) ?? 0)))
      return false
    return hasNoGpus(demand) || hasGpus(gpus, demand, (index) => this.gpus.couldBeUsable(index, demand.gpuNeeds))
  }

  fits(demand: Demand): boolean {
    return this.lacking(demand) === 0
  }

  /** The bits of what is lacking now; 0 when it fits. */
  lacking(demand: Demand): ResourceMask {
    let lacking = demand.cpu > this.#cpu ? cpuBit : 0
    for (let i = 0; i < demand.customNames.length; i++) {
      const name = demand.customNames[i]!
      if (demand.customUnits[i]! > (this.#custom.get(name) ?? 0)) lacking |= bitOf(name)
    }
    if (!hasNoGpus(demand) && !this.#hasFreeGpus(demand)) lacking |= gpuBit
    return lacking
  }

  /** Whether it fits on other GPUs than those that whoever needs one of `kept` could have. */
  fitsBeside(demand: Demand, kept: readonly GpuNeeds[]): boolean {
    return this.fits(demand) && hasGpus(this.#gpus, demand, this.#isFor(demand, kept))
  }

  /** Takes what is asked for, or nothing; no GPU that whoever needs one of `kept` could have. */
  acquire(demand: Demand, kept: readonly GpuNeeds[] = []): Allocation | undefined {
    if (this.lacking(demand) !== 0) return undefined
    const gpuIds = hasNoGpus(demand) ? none : chooseGpus(this.#gpus, demand, this.#isFor(demand, kept))
    if (gpuIds === undefined) return undefined
    this.#change(demand, gpuIds, -1)
    return { demand, gpuIds }
  }

  #hasFreeGpus(demand: Demand): boolean {
    if (gpuUnitsOf(demand) > this.#gpuUnits) return false
    return hasGpus(this.#gpus, demand, this.#isFor(demand))
  }

  #isFor({ gpuNeeds }: Demand, kept: readonly GpuNeeds[] = []): GpuTest {
    const { gpus } = this
    return (index) => gpus.isUsable(index, gpuNeeds) && !kept.some((needs) => gpus.couldBeUsable(index, needs))
  }

  /** Takes exactly this, those GPUs included, though they may be lost. False: it is not there, and nothing was taken. */
  take({ demand, gpuIds }: Allocation): boolean {
    const areGpusFree = gpuIds.every(
      (id, position) => (position < demand.gpuWhole ? unitsPerOne : demand.gpuShare) <= (this.#gpus[id] ?? 0),
    )
    if (!areGpusFree || (this.lacking(demand) & ~gpuBit) !== 0) return false
    this.#change(demand, gpuIds, -1)
    return true
  }

  release({ demand, gpuIds }: Allocation): void {
    this.#change(demand, gpuIds, 1)
  }

  get isUnused(): boolean {
    if (this.#cpu !== this.#total.cpu || this.#gpus.some((units, id) => units !== this.#total.gpus[id])) return false
    return [...this.#custom].every(([name, units]) => units === this.#total.custom.get(name))
  }

  get cpuCount(): number {
    return fromUnits(this.#total.cpu)
  }

  /** The part of its CPUs that is given out, 0 … 1. */
  get usedCpuPart(): number {
    return this.#total.cpu === 0 ? 0 : 1 - this.#cpu / this.#total.cpu
  }

  /** The part of its GPUs that is given out, 0 … 1. */
  get usedGpuPart(): number {
    const total = this.#total.gpus.length * unitsPerOne
    return total === 0 ? 0 : 1 - this.#freeGpuUnits / total
  }

  // Those that are lost are nobody's.
  get #freeGpuUnits(): number {
    if (this.gpus.all.length === 0) return this.#gpuUnits
    return sum(this.#gpus.filter((_, index) => this.gpus.isUsable(index)))
  }

  get gpuCount(): number {
    return this.#total.gpus.length
  }

  /** All that there is; GPUs that are gone are not. */
  total(): Amounts {
    const there = this.#total.gpus.filter((_, index) => this.gpus.couldBeUsable(index))
    return amounts(this.#total.cpu, this.#total.custom, sum(there))
  }

  available(): Amounts {
    return amounts(this.#cpu, this.#custom, this.#freeGpuUnits)
  }

  /** Throws when the books cannot be true; with `given`: when they do not say what was given out. */
  checkInvariants(given?: readonly Allocation[]): void {
    const wrong = (what: string, units: number, total: number): void => {
      if (units < 0 || units > total) throw new Error(`bug: ${what} has ${units} units free of ${total}`)
    }
    wrong('CPU', this.#cpu, this.#total.cpu)
    for (const [name, units] of this.#custom) wrong(name, units, this.#total.custom.get(name)!)
    this.#gpus.forEach((units, index) => {
      wrong(`GPU ${index}`, units, this.#total.gpus[index]!)
    })
    if (sum(this.#gpus) !== this.#gpuUnits) throw new Error('bug: the sum of free GPUs is wrong')
    if (given === undefined) return
    const anew = new NodeLedger(this.#total, this.gpus)
    for (const allocation of given) anew.#change(allocation.demand, allocation.gpuIds, -1)
    const isRight =
      this.#cpu === anew.#cpu &&
      this.#gpus.every((units, index) => units === anew.#gpus[index]) &&
      [...this.#custom].every(([name, units]) => units === anew.#custom.get(name))
    if (isRight) return
    const [is, should] = [this, anew].map((one) => JSON.stringify(one.available()))
    throw new Error(`bug: free is ${is}, what was given out leaves ${should}`)
  }

  #change(demand: Demand, gpuIds: readonly number[], sign: 1 | -1): void {
    this.#cpu += sign * demand.cpu
    for (let i = 0; i < demand.customNames.length; i++) {
      const name = demand.customNames[i]!
      this.#custom.set(name, this.#custom.get(name)! + sign * demand.customUnits[i]!)
    }
    for (let i = 0; i < gpuIds.length; i++) {
      const units = sign * (i < demand.gpuWhole ? unitsPerOne : demand.gpuShare)
      this.#gpus[gpuIds[i]!]! += units
      this.#gpuUnits += units
    }
  }
}

const none: readonly number[] = []

function hasNoGpus({ gpuWhole, gpuShare }: Demand): boolean {
  return gpuWhole === 0 && gpuShare === 0
}

type GpuTest = (index: number) => boolean

function hasGpus(free: readonly number[], { gpuWhole, gpuShare }: Demand, isGood: GpuTest): boolean {
  let wholeCount = 0
  let hasShare = gpuShare === 0
  for (let index = 0; index < free.length; index++) {
    const units = free[index]!
    if (!isGood(index)) continue
    if (units === unitsPerOne) wholeCount++
    else if (units >= gpuShare) hasShare = true
  }
  return hasShare ? wholeCount >= gpuWhole : wholeCount > gpuWhole
}

function chooseGpus(free: readonly number[], { gpuWhole, gpuShare }: Demand, isGood: GpuTest): number[] | undefined {
  const chosen: number[] = []
  for (let index = 0; index < free.length && chosen.length < gpuWhole; index++) {
    if (free[index] === unitsPerOne && isGood(index)) chosen.push(index)
  }
  if (chosen.length < gpuWhole) return undefined
  if (gpuShare === 0) return chosen
  let best = -1
  for (let index = 0; index < free.length; index++) {
    const units = free[index]!
    if (units >= gpuShare && isGood(index) && !chosen.includes(index) && (best < 0 || units < free[best]!)) best = index
  }
  return best < 0 ? undefined : [...chosen, best]
}

function amounts(cpu: number, custom: ReadonlyMap<string, number>, gpuUnits: number): Amounts {
  const result: Record<string, number> = { CPU: fromUnits(cpu) }
  for (const [name, amount] of custom) result[name] = fromUnits(amount)
  result['GPU'] = fromUnits(gpuUnits)
  return result
}

function sum(units: readonly number[]): number {
  return units.reduce((total, one) => total + one, 0)
}

import type { GpuNeeds } from '../protocol/gpu-provider.ts'
import type { ResourceRequest } from '../protocol/specs.ts'
import { fromUnits, toUnits, unitsPerOne } from './fixed-point.ts'

/** Amounts asked for, in units, made for quick comparisons. */
export interface Demand {
  readonly cpu: number
  readonly gpuWhole: number
  /** The part of one more GPU. */
  readonly gpuShare: number
  /** What each of its GPUs must have. */
  readonly gpuNeeds?: GpuNeeds
  readonly customNames: readonly string[]
  readonly customUnits: readonly number[]
  /** The bits of all resources it takes. */
  readonly uses: number
}

/** What was given: which GPUs, and of what. */
export interface Allocation {
  readonly demand: Demand
  readonly gpuIds: readonly number[]
}

/** A set of resource names as bits. Names may share a bit: then each is kept for those who wait for the other. */
export type ResourceMask = number

export const cpuBit: ResourceMask = 1
export const gpuBit: ResourceMask = 2

/** The bit of a custom resource. */
export function bitOf(name: string): ResourceMask {
  let hash = 7
  for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) % 1_000_003
  return 4 << (hash % 28)
}

export function demandOf({ cpu, gpu, gpuNeeds, custom }: ResourceRequest): Demand {
  const named = Object.entries(custom).filter(([, amount]) => amount > 0)
  const gpuUnits = toUnits(gpu)
  return withUses({
    cpu: toUnits(cpu),
    gpuWhole: Math.floor(gpuUnits / unitsPerOne),
    gpuShare: gpuUnits % unitsPerOne,
    ...(gpuNeeds === undefined ? {} : { gpuNeeds }),
    customNames: named.map(([name]) => name),
    customUnits: named.map(([, amount]) => toUnits(amount)),
  })
}

function withUses(amounts: Omit<Demand, 'uses'>): Demand {
  let uses = amounts.customNames.reduce((bits, name) => bits | bitOf(name), 0)
  if (amounts.cpu > 0) uses |= cpuBit
  if (amounts.gpuWhole + amounts.gpuShare > 0) uses |= gpuBit
  return { ...amounts, uses }
}

/** The CPUs of a demand alone: what a task that waits gives up. */
export function cpusOf(demand: Demand): Demand {
  return withUses({ cpu: demand.cpu, gpuWhole: 0, gpuShare: 0, customNames: [], customUnits: [] })
}

/** A demand without its CPUs. */
export function withoutCpus(demand: Demand): Demand {
  return withUses({ ...demand, cpu: 0 })
}

/** As much as both together. */
export function addDemands(a: Demand, b: Demand): Demand {
  const custom = new Map(a.customNames.map((name, at) => [name, a.customUnits[at]!]))
  b.customNames.forEach((name, at) => {
    custom.set(name, (custom.get(name) ?? 0) + b.customUnits[at]!)
  })
  return withUses({
    cpu: a.cpu + b.cpu,
    gpuWhole: a.gpuWhole + b.gpuWhole,
    gpuShare: a.gpuShare + b.gpuShare,
    customNames: [...custom.keys()],
    customUnits: [...custom.values()],
  })
}

/** How many units of GPUs it is in all. */
export function gpuUnitsOf({ gpuWhole, gpuShare }: Demand): number {
  return gpuWhole * unitsPerOne + gpuShare
}

/** What is asked for, in units, by the bits of the resources. */
export function unitsByBit(demand: Demand): Map<ResourceMask, number> {
  const units = new Map([
    [cpuBit, demand.cpu],
    [gpuBit, gpuUnitsOf(demand)],
  ])
  demand.customNames.forEach((name, at) => {
    units.set(bitOf(name), (units.get(bitOf(name)) ?? 0) + demand.customUnits[at]!)
  })
  return units
}

/** Amounts by resource name, `CPU` and `GPU` first, without what is not asked for. */
export function namedAmounts(demand: Demand): Record<string, number> {
  const named: Record<string, number> = {}
  if (demand.cpu > 0) named['CPU'] = fromUnits(demand.cpu)
  if (gpuUnitsOf(demand) > 0) named['GPU'] = fromUnits(gpuUnitsOf(demand))
  demand.customNames.forEach((name, at) => {
    named[name] = fromUnits(demand.customUnits[at]!)
  })
  return named
}

/** A request as people read it: `{ CPU: 1, GPU: 2 }` without what is not asked for. */
export function describeRequest(request: ResourceRequest): Record<string, number> {
  return namedAmounts(demandOf(request))
}

/** Requests of one key are alike: what one of them waits for, all wait for. */
export function keyOf({ cpu, gpu, gpuNeeds, custom, strategy, labels, bundle }: ResourceRequest): string {
  let key = `${cpu}|${gpu}`
  for (const name in custom) key += `|${name}=${custom[name]}`
  if (gpuNeeds !== undefined) key += `|${JSON.stringify([gpuNeeds.features, gpuNeeds.minBufferBytes])}`
  if (strategy === undefined && labels === undefined && bundle === undefined) return key
  return `${key}|${JSON.stringify([strategy, labels, bundle])}`
}

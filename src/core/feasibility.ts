import type { ActorSpec, GroupSpec, ResourceRequest } from '../protocol/specs.ts'
import type { Refusal } from './cluster-events.ts'
import { addDemands, demandOf, describeRequest, namedAmounts } from './demand.ts'
import { describeNeeds, whyUnusable } from './gpu-set.ts'
import type { Amounts } from './node-ledger.ts'
import { describeLabels } from './placement/labels.ts'
import type { NodeRecord } from './worker-pool.ts'

const optionOf: Readonly<Record<string, string>> = { CPU: 'numCpus', GPU: 'numGpus' }

/** What is said of a request that no node could ever meet. */
export function refusal(request: ResourceRequest, nodes: readonly NodeRecord[]): Refusal {
  const facts = { requested: describeRequest(request), total: totalOf(nodes) }
  const amounts = shortage(facts)
  const where = request.strategy?.type === 'node' ? ` on the node ${request.strategy.nodeId}` : ''
  const labels = request.labels === undefined ? '' : ` with the labels ${describeLabels(request.labels)}`
  const names = nodes.map(({ id }) => id).join(', ') || 'none'
  const gpus = describeGpus(request, nodes)
  const what = where === '' ? 'No node can ever give' : 'Nothing can ever give'
  const message = `${what} ${amounts.wanted}${describeNeeds(request.gpuNeeds)}${where}${labels}; nodes: ${names}${gpus}. ${advice(amounts.options)} to wait for a node that fits.`
  return { message, requested: facts.requested, available: availableOf(facts) }
}

/** What is said of a placement group that the nodes could never have, or of a request that fits none of its bundles. */
export function groupRefusal(spec: GroupSpec, nodes: readonly NodeRecord[], inside?: ResourceRequest): Refusal {
  if (inside !== undefined) {
    const bundles = spec.bundles.map((bundle) => JSON.stringify(describeRequest(bundle))).join(', ')
    const requested = describeRequest(inside)
    const message = `No bundle of the placement group ${spec.groupId} can ever give ${JSON.stringify(requested)}${describeNeeds(inside.gpuNeeds)}; its bundles are: ${bundles}${describeGpus(inside, nodes)}.`
    return { message, requested, available: {} }
  }
  const requested = namedAmounts(spec.bundles.map(demandOf).reduce(addDemands))
  const facts = { requested, total: totalOf(nodes) }
  const { wanted, options } = shortage(facts)
  const names = nodes.map(({ id }) => id).join(', ') || 'none'
  const message = `These nodes can never hold ${spec.bundles.length} bundle(s) placed ${spec.strategy}, in all ${wanted}; nodes: ${names}. ${advice(options)} to wait for nodes that fit.`
  return { message, requested, available: availableOf(facts) }
}

// Which GPUs there are, and why each of them will not do; nothing when that is not the matter.
function describeGpus(request: ResourceRequest, nodes: readonly NodeRecord[]): string {
  if (request.gpu === 0) return ''
  const all = nodes.flatMap(({ id, slot: { ledger } }) =>
    Array.from({ length: ledger.gpuCount }, (_, index) => {
      const why = whyUnusable(ledger.gpus.at(index), request.gpuNeeds)
      return why === undefined ? [] : [`GPU ${index} of ${id} ${why}`]
    }).flat(),
  )
  if (all.length === 0) return ''
  const more = all.length > namedGpuCount ? `, and ${all.length - namedGpuCount} more` : ''
  return `; ${all.slice(0, namedGpuCount).join(', ')}${more}`
}

export function removedRefusal(request: ResourceRequest, groupId: string): Refusal {
  const message = `its placement group ${groupId} was removed`
  return { message, requested: describeRequest(request), available: {}, isGroupRemoved: true }
}

/** So many GPUs are named. */
const namedGpuCount = 5

interface Facts {
  readonly requested: Amounts
  readonly total: Amounts
}

function shortage({ requested, total }: Facts): { wanted: string; options: readonly string[] } {
  const names = Object.keys(requested)
  const short = names.filter((name) => (total[name] ?? 0) < requested[name]!)
  const named = short.length > 0 ? short : names
  const wanted = named.map((name) => `${requested[name]} ${name} (the cluster has ${total[name] ?? 0})`).join(' and ')
  return { wanted: wanted || 'a place', options: short.map((name) => optionOf[name] ?? `resources.${name}`) }
}

function advice(options: readonly string[]): string {
  return `Pass ${options.join(' and ') || 'more resources'} to init, ask for less, or set waitForResources: true`
}

function availableOf({ requested, total }: Facts): Amounts {
  return Object.fromEntries(Object.keys(requested).map((name) => [name, total[name] ?? 0]))
}

function totalOf(nodes: readonly NodeRecord[]): Amounts {
  return sumAmounts(nodes.map(({ slot }) => slot.ledger.total()))
}

/** What must fit on a node for the actor to be placed: a default actor needs one that has a CPU, though it keeps none. */
export function placementRequest(spec: ActorSpec): ResourceRequest {
  return { ...spec.request, cpu: Math.max(spec.request.cpu, spec.placementCpu) }
}

export function sumAmounts(all: readonly Amounts[]): Amounts {
  const result: Record<string, number> = {}
  for (const one of all) {
    for (const [name, amount] of Object.entries(one)) result[name] = (result[name] ?? 0) + amount
  }
  return result
}

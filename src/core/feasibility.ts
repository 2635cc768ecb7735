import type { ActorSpec, ResourceRequest } from '../protocol/specs.ts'
import type { Refusal } from './cluster-events.ts'
import { type Amounts, describeRequest, type NodeLedger } from './node-ledger.ts'

interface NodeView {
  readonly id: string
  readonly ledger: NodeLedger
}

const optionOf: Readonly<Record<string, string>> = { CPU: 'numCpus', GPU: 'numGpus' }

/** Why no node could ever give this, or undefined when one could. */
export function refusalOf(request: ResourceRequest, nodes: Iterable<NodeView>): Refusal | undefined {
  const all = [...nodes]
  if (all.some((node) => node.ledger.canEverFit(request))) return undefined
  const requested = describeRequest(request)
  const total = sumAmounts(all.map((node) => node.ledger.total()))
  const names = Object.keys(requested)
  const short = names.filter((name) => (total[name] ?? 0) < requested[name]!)
  const named = short.length > 0 ? short : names
  const wanted = named.map((name) => `${requested[name]} ${name} (the cluster has ${total[name] ?? 0})`).join(' and ')
  const options = short.map((name) => optionOf[name] ?? `resources.${name}`)
  const where = all.map((node) => node.id).join(', ') || 'none'
  const message = `No node can ever give ${wanted}; nodes: ${where}. Pass ${options.join(' and ') || 'more resources'} to init, ask for less, or set waitForResources: true to wait for a node that fits.`
  const available = Object.fromEntries(names.map((name) => [name, total[name] ?? 0]))
  return { message, requested, available }
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

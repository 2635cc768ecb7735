import { host } from '#host'
import type { NodeResources } from '../core/node-ledger.ts'
import type { AddedNode } from '../runtime/add-node.ts'
import { checkAmount, checkKeys, checkNumber, checkResources, checkString } from '../runtime/checks.ts'
import { wantedGpus } from '../runtime/found-gpus.ts'
import { loadPart } from '../runtime/load-part.ts'
import { requireRuntime } from './current.ts'
import { checkNodeName, newNodeName } from './node-name.ts'

export type { AddedNode } from '../runtime/add-node.ts'

/** What `addNode` takes; each means what it means in `init`. */
export interface AddNodeOptions {
  readonly name?: string
  readonly numCpus?: number
  /** Default: none. */
  readonly numGpus?: number
  readonly resources?: Readonly<Record<string, number>>
  readonly labels?: Readonly<Record<string, string>>
  readonly objectStoreMemory?: number
  /**
   * What of these it keeps at first for somebody that the cluster does not know of: it refuses what does not fit besides,
   * and that goes elsewhere. `node.release()` gives it to the cluster.
   */
  readonly withheld?: Amounts
}

/**
 * Adds a node to the running cluster, inside this page or process: with workers, resources and objects of its own, and
 * nothing in common with the others but the coordinator. It shows how a program behaves on several machines, and when one
 * of them is lost. Resolves when the node has joined. Only in the driver.
 */
export async function addNode(options: AddNodeOptions = {}): Promise<AddedNode> {
  const where = 'addNode'
  checkKeys(options, ['name', 'numCpus', 'numGpus', 'resources', 'labels', 'objectStoreMemory', 'withheld'], where)
  checkAmounts(options, where)
  checkKeys(options.withheld ?? {}, ['numCpus', 'numGpus', 'resources'], `${where}.withheld`)
  checkAmounts(options.withheld ?? {}, `${where}.withheld`)
  for (const [label, value] of Object.entries(options.labels ?? {})) checkString(value, `labels.${label}`, where)
  checkNumber(options.objectStoreMemory, { name: 'objectStoreMemory', where, min: 1, isInteger: true })
  checkNodeName(options.name, where)
  const runtime = requireRuntime()
  if (!runtime.isDriver) throw new Error('addNode() was called in a worker; only the driver can add nodes.')
  // What is refused for ever depends on the nodes there are: the first one comes first.
  await runtime.joined
  const { addNode: add } = await loadPart('adds nodes', () => import('../runtime/add-node.ts'))
  return add(runtime, {
    name: options.name ?? newNodeName(),
    resources: resourcesOf({ ...options, numCpus: options.numCpus ?? host.cpuCount }),
    withheld: resourcesOf(options.withheld ?? {}),
    labels: options.labels ?? {},
    memoryBytes: options.objectStoreMemory,
  })
}

type Amounts = Pick<AddNodeOptions, 'numCpus' | 'numGpus' | 'resources'>

function checkAmounts({ numCpus, numGpus, resources }: Amounts, where: string): void {
  checkAmount(numCpus, 'numCpus', where)
  checkNumber(numGpus, { name: 'numGpus', where, min: 0, isInteger: true })
  checkResources(resources, where)
}

function resourcesOf({ numCpus = 0, numGpus = 0, resources = {} }: Amounts): NodeResources {
  return { cpus: numCpus, ...wantedGpus(numGpus), custom: resources }
}

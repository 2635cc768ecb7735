import { host } from '#host'
import type { NodeResources } from '../core/node-ledger.ts'
import type { DefinitionSpec } from '../protocol/specs.ts'
import { loadPart } from './load-part.ts'
import type { NodeOptions } from './local-node.ts'
import { PendingControl } from './pending-control.ts'
import { Runtime } from './runtime.ts'

/** What a node is and has. The nodes of a cluster that run in one process differ in `nodeName` and `start` only. */
export interface DriverOptions {
  readonly namespace: string
  readonly isInline: boolean
  readonly logToDriver: boolean
  readonly setup?: DefinitionSpec
  readonly nodeName: string
  readonly sharesMemory: boolean
  readonly sharesAlways: boolean
  readonly timelineEvents: number
  readonly start: NodeOptions
}

/** What the first node of a cluster has. */
export interface FirstNode {
  /** May still be found out. */
  readonly resources: NodeResources | Promise<NodeResources>
  readonly labels: Readonly<Record<string, string>>
  readonly spareWorkers: number
}

/** Makes the main realm of a node, before it knows the cluster. */
export function mainRealm(options: DriverOptions, driverId: string): Runtime {
  const nodeId = options.nodeName
  return new Runtime({
    nodeId,
    driverId,
    mainId: nodeId,
    namespace: options.namespace,
    sharesMemory: options.sharesMemory,
    sharesAlways: options.sharesAlways,
    isDevelopment: host.isDevelopment,
    timelineEvents: options.timelineEvents,
    realmId: nodeId,
    isInline: options.isInline,
  })
}

/**
 * Starts a node of one driver and its workers, with the coordinator in the driver's realm. The coordinator is a part of
 * its own that is loaded now; what is wanted of it waits. Where it cannot be loaded `runtime.joined` rejects with
 * CoordinatorLostError, and so does all that waits.
 */
export function startDriver(options: DriverOptions, first: FirstNode): Runtime {
  const runtime = mainRealm(options, options.nodeName)
  const pending = new PendingControl()
  runtime.pending = pending
  runtime.control = pending.control
  runtime.joined = begin(runtime, pending, options, first)
  runtime.joined.catch((error: Error) => runtime.shutdown(error))
  return runtime
}

async function begin(
  runtime: Runtime,
  pending: PendingControl,
  options: DriverOptions,
  { resources, labels, spareWorkers }: FirstNode,
): Promise<void> {
  const [startHead, workers] = await loadPart('starts workers and places actors', () =>
    Promise.all([
      import('./head.ts').then((head) => head.startHead),
      options.isInline ? import('./inline-workers.ts').then(({ inlineWorkers }) => inlineWorkers()) : undefined,
    ]),
  )
  if (runtime.isShutDown) return
  const head = startHead(runtime, options, workers)
  runtime.pending = undefined
  runtime.control = head.control
  pending.open(head.control)
  const found = resources instanceof Promise ? await resources : resources
  head.join(found, labels, spareWorkers)
}

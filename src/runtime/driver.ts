import { host } from '#host'
import type { NodeResources } from '../core/node-ledger.ts'
import { type InlineRealm, inlineHost } from '../hosts/inline.ts'
import type { PortLike } from '../protocol/platform.ts'
import type { DefinitionSpec } from '../protocol/specs.ts'
import type { WorkerConfig } from '../protocol/worker-host.ts'
import { newRunId } from '../store/spill.ts'
import { Coordinator } from './coordinator.ts'
import { HeadSide } from './head-side.ts'
import { LocalNode, type NodeOptions } from './local-node.ts'
import { Runtime } from './runtime.ts'
import { giveSpill } from './spill.ts'
import { setUp, startWorkerRuntime } from './worker-realm.ts'

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

/** A main realm with the workers it can start, before it knows the cluster. */
export interface BareNode {
  readonly runtime: Runtime
  readonly node: LocalNode
}

/** Makes the main realm of a node. */
export function bareNode(options: DriverOptions, driverId: string, runId: string): BareNode {
  const nodeId = options.nodeName
  const same = {
    nodeId,
    driverId,
    mainId: nodeId,
    namespace: options.namespace,
    sharesMemory: options.sharesMemory,
    sharesAlways: options.sharesAlways,
    isDevelopment: host.isDevelopment,
    timelineEvents: options.timelineEvents,
  }
  const runtime = new Runtime({ ...same, realmId: nodeId, isInline: options.isInline })
  const workers = options.isInline ? inlineHost(host.createPorts, startInline) : host.workers
  const node = new LocalNode(runtime, workers, options.start, {
    ...same,
    logToDriver: options.logToDriver,
    runId,
    ...(options.setup === undefined ? {} : { setup: options.setup }),
  })
  runtime.node = node
  return { runtime, node }
}

/** Starts a node of one driver and its workers, with the coordinator in the driver's realm. */
export function startDriver(options: DriverOptions): Runtime {
  const runId = newRunId()
  const { runtime, node } = bareNode(options, options.nodeName, runId)
  giveSpill(runtime, runId, true)
  const cluster = new HeadSide(runtime, node, { options, runId })
  const coordinator = new Coordinator(runtime, cluster)
  cluster.coordinator = coordinator
  node.cluster = cluster
  runtime.cluster = cluster
  runtime.coordinator = coordinator
  runtime.control = coordinator.controlFor(runtime.realmId)
  return runtime
}

/** The node has found out what it has; what was asked of it so far goes on. */
export function joinNode(
  runtime: Runtime,
  resources: NodeResources,
  labels: Readonly<Record<string, string>> = {},
  spareWorkers = 0,
): void {
  runtime.node!.open(resources)
  const { nodeId } = runtime
  runtime.coordinator!.handle({ type: 'nodeJoined', nodeId, resources, labels, spareWorkers, isRemote: true })
}

function startInline(config: WorkerConfig, port: PortLike): InlineRealm {
  const worker = startWorkerRuntime(config, port, true)
  return {
    ready: config.setup === undefined ? Promise.resolve() : setUp(config.setup),
    end: () => void worker.shutdown(),
  }
}

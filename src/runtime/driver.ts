import { host } from '#host'
import type { NodeResources } from '../core/node-ledger.ts'
import { type InlineRealm, inlineHost } from '../hosts/inline.ts'
import type { PortLike } from '../protocol/platform.ts'
import type { DefinitionSpec } from '../protocol/specs.ts'
import type { WorkerConfig } from '../protocol/worker-host.ts'
import { newRunId } from '../store/spill.ts'
import { Coordinator } from './coordinator.ts'
import { LocalNode, type NodeOptions } from './local-node.ts'
import { Runtime } from './runtime.ts'
import { giveSpill } from './spill.ts'
import { setUp, startWorkerRuntime } from './worker-realm.ts'

/** What a driver's node is and has. */
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

/** Starts a node of one driver and its workers, with the coordinator in the driver's realm. */
export function startDriver(options: DriverOptions): Runtime {
  const nodeId = options.nodeName
  const runId = newRunId()
  const runtime = new Runtime({
    realmId: nodeId,
    nodeId,
    driverId: nodeId,
    namespace: options.namespace,
    isInline: options.isInline,
    sharesMemory: options.sharesMemory,
    sharesAlways: options.sharesAlways,
    isDevelopment: host.isDevelopment,
    timelineEvents: options.timelineEvents,
  })
  const workers = options.isInline ? inlineHost(host.createPorts, startInline) : host.workers
  const node = new LocalNode(runtime, workers, options.start, {
    nodeId,
    driverId: nodeId,
    namespace: options.namespace,
    logToDriver: options.logToDriver,
    runId,
    sharesMemory: options.sharesMemory,
    sharesAlways: options.sharesAlways,
    isDevelopment: host.isDevelopment,
    timelineEvents: options.timelineEvents,
    ...(options.setup === undefined ? {} : { setup: options.setup }),
  })
  giveSpill(runtime, runId, true)
  const coordinator = new Coordinator(runtime, node)
  node.coordinator = coordinator
  runtime.node = node
  runtime.coordinator = coordinator
  runtime.control = coordinator.controlFor(nodeId)
  return runtime
}

/** The node has found out what it has; what was asked of it so far goes on. */
export function joinNode(
  runtime: Runtime,
  resources: NodeResources,
  labels: Readonly<Record<string, string>> = {},
): void {
  runtime.coordinator!.handle({ type: 'nodeJoined', nodeId: runtime.nodeId, resources, labels, spareWorkers: 0 })
}

function startInline(config: WorkerConfig, port: PortLike): InlineRealm {
  const worker = startWorkerRuntime(config, port, true)
  return {
    ready: config.setup === undefined ? Promise.resolve() : setUp(config.setup),
    end: () => void worker.shutdown(),
  }
}

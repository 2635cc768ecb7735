import { workers as threads } from '#workers'
import type { NodeResources } from '../core/node-ledger.ts'
import type { WorkerHost } from '../protocol/platform.ts'
import { newRunId } from '../store/spill.ts'
import type { Control } from './control.ts'
import { Coordinator } from './coordinator.ts'
import type { DriverOptions } from './driver.ts'
import { HeadSide } from './head-side.ts'
import { LocalNode } from './local-node.ts'
import type { Runtime } from './runtime.ts'
import { giveSpill } from './spill.ts'
import { Timeline } from './timeline.ts'

/** The coordinator of a cluster, and the first node. */
export interface Head {
  readonly control: Control
  /** The first node has found out what it has; what was asked of it so far goes on. */
  join(resources: NodeResources, labels: Readonly<Record<string, string>>, spareWorkers: number): void
}

/** Gives a main realm its workers. */
export function makeNode(runtime: Runtime, options: DriverOptions, runId: string, workers: WorkerHost): LocalNode {
  const { realmId, isInline, ...same } = runtime.config
  const node = new LocalNode(runtime, workers, options.start, {
    ...same,
    logToDriver: options.logToDriver,
    runId,
    ...(options.setup === undefined ? {} : { setup: options.setup }),
  })
  runtime.node = node
  runtime.timeline = new Timeline(runtime, options.timelineEvents)
  return node
}

/** Makes a main realm the driver of a cluster. `workers`: others than the platform's. */
export function startHead(runtime: Runtime, options: DriverOptions, workers: WorkerHost = threads): Head {
  const runId = newRunId()
  const node = makeNode(runtime, options, runId, workers)
  giveSpill(runtime, runId, true)
  const cluster = new HeadSide(runtime, node, { options, runId, workers })
  const coordinator = new Coordinator(runtime, cluster)
  cluster.coordinator = coordinator
  node.cluster = cluster
  runtime.cluster = cluster
  runtime.coordinator = coordinator
  return {
    control: coordinator.controlFor(runtime.realmId),
    join(resources, labels, spareWorkers) {
      if (runtime.isShutDown) return
      node.open(resources)
      const { nodeId } = runtime
      coordinator.handle({ type: 'nodeJoined', nodeId, resources, labels, spareWorkers, isRemote: true })
    },
  }
}

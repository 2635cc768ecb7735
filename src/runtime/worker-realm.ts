import { host } from '#host'
import type { PortLike, WorkerControl } from '../protocol/platform.ts'
import type { DefinitionSpec } from '../protocol/specs.ts'
import type { WorkerConfig } from '../protocol/worker-host.ts'
import { MessagePortChannel } from '../transport/message-port.ts'
import { Callee } from './callee.ts'
import { RemoteControl } from './control.ts'
import { Link } from './link.ts'
import { loadDefinition } from './load-definition.ts'
import type { AnyFunction } from './registry.ts'
import { realmState } from './registry.ts'
import { Runtime } from './runtime.ts'
import { giveSpill } from './spill.ts'
import { Timeline } from './timeline.ts'
import { WorkerAllowances } from './worker-allowances.ts'
import { forwardConsole } from './worker-console.ts'

/** Makes a runtime that is a worker of the node at the other end of `port`. */
export function startWorkerRuntime(config: WorkerConfig, port: PortLike, isInline: boolean): Runtime {
  const { workerId, nodeId, driverId, mainId, namespace, sharesMemory, sharesAlways, isDevelopment, timelineEvents } =
    config
  const runtime = new Runtime({
    realmId: workerId,
    nodeId,
    driverId,
    mainId,
    namespace,
    isInline,
    sharesMemory,
    sharesAlways,
    isDevelopment,
    timelineEvents,
  })
  runtime.callee = new Callee(runtime)
  runtime.timeline = new Timeline(runtime, timelineEvents)
  const link = new Link(runtime, mainId, new MessagePortChannel(port))
  runtime.addLink(link)
  runtime.memory.allowances = new WorkerAllowances(config.memoryBytes, (bytes) => link.tell('memoryWanted', bytes))
  runtime.learn(config.past)
  runtime.control = new RemoteControl(runtime.linkTo(driverId))
  giveSpill(runtime, config.runId, false)
  return runtime
}

/** Makes this realm a worker of whoever started it. */
export function serveRealm(modules: Readonly<Record<string, () => PromiseLike<unknown>>>): void {
  const realm = realmState()
  // The bundler's table is kept as it is: in development it grows while the worker runs.
  realm.modules = Object.keys(realm.modules).length === 0 ? modules : { ...realm.modules, ...modules }
  let runtime: Runtime | undefined
  const control: WorkerControl = {
    async start(config, port) {
      host.nameRealm(config.name)
      runtime = startWorkerRuntime(config, port, false)
      realm.runtime = runtime
      if (config.logToDriver) forwardConsole(runtime)
      if (config.setup !== undefined) await setUp(config.setup)
    },
    stop() {
      void runtime?.callee?.actors.dismissAll()
    },
  }
  host.exposeControl(control)
}

/** Runs the user's `workerSetup` task. */
export async function setUp(spec: DefinitionSpec): Promise<void> {
  const { target } = await loadDefinition(spec, 'task')
  try {
    await (target as AnyFunction)()
  } catch (error) {
    throw new Error(`workerSetup (${spec.name}) failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

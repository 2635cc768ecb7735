import { host } from '#host'
import type { PortLike, WorkerControl } from '../protocol/platform.ts'
import type { WorkerConfig } from '../protocol/worker-host.ts'
import { MessagePortChannel } from '../transport/message-port.ts'
import { Link } from './link.ts'
import { realmState } from './registry.ts'
import { Runtime } from './runtime.ts'

/** Makes a runtime that is a worker of the node at the other end of `port`. */
export function startWorkerRuntime(config: WorkerConfig, port: PortLike, isInline: boolean): Runtime {
  const { workerId, nodeId, driverId, namespace } = config
  const runtime = new Runtime({ realmId: workerId, nodeId, driverId, namespace, isInline })
  runtime.connectToDriver(new Link(runtime, driverId, new MessagePortChannel(port)))
  return runtime
}

/** Makes this realm a worker of whoever started it. */
export function serveRealm(modules: Readonly<Record<string, () => PromiseLike<unknown>>>): void {
  const realm = realmState()
  // The bundler's table is kept as it is: in development it grows while the worker runs.
  realm.modules = Object.keys(realm.modules).length === 0 ? modules : { ...realm.modules, ...modules }
  let runtime: Runtime | undefined
  const control: WorkerControl = {
    start(config, port) {
      runtime = startWorkerRuntime(config, port, false)
      realm.runtime = runtime
    },
    stop() {
      void runtime?.actors.dismissAll()
    },
  }
  host.exposeControl(control)
}

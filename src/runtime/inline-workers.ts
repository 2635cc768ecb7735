import { host } from '#host'
import { type InlineRealm, inlineHost } from '../hosts/inline.ts'
import type { PortLike, WorkerHost } from '../protocol/platform.ts'
import type { WorkerConfig } from '../protocol/worker-host.ts'
import { setUp, startWorkerRuntime } from './worker-realm.ts'

/** Workers that live in the calling realm. */
export function inlineWorkers(): WorkerHost {
  return inlineHost(host.createPorts, startInline)
}

function startInline(config: WorkerConfig, port: PortLike): InlineRealm {
  const worker = startWorkerRuntime(config, port, true)
  return {
    ready: config.setup === undefined ? Promise.resolve() : setUp(config.setup),
    end: () => void worker.shutdown(),
  }
}

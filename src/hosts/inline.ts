import type { HostWorker, PortLike, WorkerHost } from '../protocol/platform.ts'
import type { WorkerConfig, WorkerExit } from '../protocol/worker-host.ts'

/** Starts a worker's runtime in this realm; the answer ends it. */
export type StartInline = (config: WorkerConfig, port: PortLike) => () => void

/** Workers that are no workers: they live in the calling realm, behind a MessageChannel that copies as a real one. */
export function inlineHost(createPorts: () => [PortLike, PortLike], start: StartInline): WorkerHost {
  return {
    startWorker(config): HostWorker {
      const [port, theirs] = createPorts()
      const end = start(config, theirs)
      let exited: (exit: WorkerExit) => void = () => {}
      return {
        port,
        ready: Promise.resolve(),
        onExit(listener) {
          exited = listener
        },
        stop: end,
        async terminate() {
          end()
          exited({ reason: 'was ended' })
        },
      }
    },
  }
}

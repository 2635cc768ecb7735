import type { HostWorker, PortLike, WorkerHost } from '../protocol/platform.ts'
import type { WorkerConfig, WorkerExit } from '../protocol/worker-host.ts'

/** A worker's runtime in this realm. */
export interface InlineRealm {
  readonly ready: Promise<void>
  end(): void
}
export type StartInline = (config: WorkerConfig, port: PortLike) => InlineRealm

/** Workers that are no workers: they live in the calling realm, behind a MessageChannel that copies as a real one. */
export function inlineHost(createPorts: () => [PortLike, PortLike], start: StartInline): WorkerHost {
  return {
    startWorker(config): HostWorker {
      const [port, theirs] = createPorts()
      const realm = start(config, theirs)
      let exited: (exit: WorkerExit) => void = () => {}
      return {
        port,
        ready: realm.ready,
        onExit(listener) {
          exited = listener
        },
        stop: () => realm.end(),
        async terminate() {
          realm.end()
          exited({ reason: 'was ended' })
        },
      }
    },
  }
}

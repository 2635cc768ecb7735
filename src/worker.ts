import { realmState } from './runtime/registry.ts'
import { serveRealm } from './runtime/worker-realm.ts'

const realm = realmState()
realm.isWorker = true
realm.ownModules = { 'troupe@0:queue': () => import('./api/queue-actor.ts') }

/** Options of `serve`. */
export interface ServeOptions {
  /** Lazy imports of actor modules by module id (the part of a definition's id before `#`). Bundler plugins fill it. */
  readonly modules?: Readonly<Record<string, () => PromiseLike<unknown>>>
}

/**
 * Makes this worker a Troupe worker. A worker entry of your own imports the modules that hold actors and tasks and then
 * calls it: `import { serve } from 'troupe/worker'; import './counter'; serve()`.
 */
export function serve(options: ServeOptions = {}): void {
  serveRealm(options.modules ?? {})
}

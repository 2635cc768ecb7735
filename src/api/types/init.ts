import type { RemoteTask } from './tasks.ts'

/** Options of `init`. Times are in milliseconds. */
export interface InitOptions {
  /** CPUs this node offers. Default: what the machine has. */
  numCpus?: number
  /** GPUs this node offers; more than there are makes logical ones. Default: the real adapters found. */
  numGpus?: number
  /** Count a software adapter as a GPU. */
  softwareGpu?: boolean
  /** Custom resources by name. */
  resources?: Readonly<Record<string, number>>
  /**
   * Bytes of objects that all realms of this node together keep in memory; what is more goes to disk (files in Node,
   * IndexedDB in browsers). Default: 30 % of the memory of the machine, in browsers at most 2 GiB.
   */
  objectStoreMemory?: number
  /**
   * Shared memory between the realms of this node: `auto` shares the large arrays of every `put`, `off` shares nothing.
   * Default: what is put with `shared: true`.
   */
  sharedMemory?: 'auto' | 'off'
  /** Labels of this node, for `schedulingStrategy: { labels }`. */
  labels?: Readonly<Record<string, string>>
  /** The namespace of actors' names. */
  namespace?: string
  /** The name of this node. */
  name?: string
  /** `inline` runs actors and tasks in the calling realm, for unit tests. */
  host?: 'inline'
  /** Makes a worker whose module imports your actors and calls `serve()` (browsers without the Vite plugin). */
  worker?: (name: string) => unknown
  /** The URL of such a worker module. */
  workerUrl?: string | URL
  /**
   * Bytes of heap that each worker may use; one that needs more ends with OutOfMemoryError, alone. Node only: no browser
   * can limit a worker's memory (see `capabilities()`), and the option does nothing there. Default: Node's own limit.
   */
  workerMemory?: number
  /**
   * How many workers are started ahead and kept ready, so that the next actors need not wait for theirs. Each costs what a
   * worker costs. Default 0.
   */
  spareWorkers?: number
  /** How long a worker may take to answer for the first time. Default 30 000. */
  startTimeout?: number
  /**
   * How long a worker may keep silent before it counts as lost; 0: for ever. Default: 0 where the platform tells of a
   * worker's end (Node, browsers with Web Locks), else 30 000.
   */
  pingTimeout?: number
  /** A task that every worker runs once before anything else: `init({ workerSetup: setUp })`. */
  workerSetup?: RemoteTask<() => unknown>
  /** Calls that wait for each other in a circle for two seconds: log the chain (default), or reject the newest. */
  deadlock?: 'warn' | 'error'
  /** How many calls each realm remembers for `timeline()`, or `false`: none. Default: `{ events: 10_000 }`. */
  timeline?: false | { readonly events: number }
  /** Show console lines of workers with a prefix that names the actor. Default true. */
  logToDriver?: boolean
}

import type { GpuProvider } from './gpu-provider.ts'
import type { WorkerConfig, WorkerExit } from './worker-host.ts'

export type LogLevel = 'log' | 'info' | 'warn' | 'error' | 'debug'

/** The part of a MessagePort that Node and browsers share. */
export interface PortLike {
  postMessage(message: unknown, transfer?: never): void
  close(): void
}

/** What a node asks of its own workers. It is called through Comlink and never faces the network. */
export interface WorkerControl {
  /** Makes the realm a worker of the node; the port becomes its link to the node's main realm. */
  start(config: WorkerConfig, port: PortLike): PromiseLike<void>
  /** Ends the actors of the worker gracefully. */
  stop(): void
}

/** A port that is elsewhere while its realm blocks. */
export interface AwayPort {
  post(message: unknown, transfer?: readonly object[]): void
  close(): void
}
/** Whose port it is. */
export interface AwayPortOwner {
  deliver(message: unknown): void
  closed(): void
  /** It is here again, and can be listened to. */
  returned(port: PortLike): void
  /** Something has come for it that only the event loop can bring. */
  stuck(): void
}

/**
 * Brings a realm its messages while it blocks, where the platform itself cannot: its ports go to a realm that does not
 * block, which writes what comes into shared memory, and come back afterwards.
 */
export interface Courier {
  /** The realm starts to block. */
  begin(): void
  /** It goes on; the ports come back once the code that runs now has ended. */
  end(): void
  take(port: PortLike, owner: AwayPortOwner): AwayPort
  /** Hands over what has come, in its order. False: nothing has. */
  drain(): boolean
  /** To be read before `drain`. */
  readonly count: number
  /** Blocks until something has come since `count` was read, at most so many milliseconds. */
  sleep(count: number, ms: number): void
}

/** A started worker, as its platform gives it. */
export interface HostWorker {
  /** The link between the node's main realm and the worker. */
  readonly port: PortLike
  /** Resolves when the worker answers; rejects with a text that names its URL and the likely cause. */
  readonly ready: PromiseLike<void>
  /** Called once, when the worker has ended for whatever reason; also before `ready`. */
  onExit(listener: (exit: WorkerExit) => void): void
  /** Asks it to end its actors gracefully. */
  stop(): void
  /** Ends it at once, whatever it does. Resolves when it is gone. */
  terminate(): PromiseLike<void>
}

/** How a node starts workers. Implement it to add a platform. */
export interface WorkerHost {
  startWorker(config: WorkerConfig, options: StartOptions): HostWorker
}
export interface StartOptions {
  readonly startTimeoutMs: number
  /** How long a worker may keep silent before it counts as lost; 0: for ever. */
  readonly pingTimeoutMs: number
  /** How much heap a worker may use, where the platform can limit it. */
  readonly workerMemoryBytes?: number | undefined
  /** A worker constructor of the user's, or its URL (browsers). */
  readonly worker?: ((name: string) => unknown) | undefined
  readonly workerUrl?: string | { toString(): string } | undefined
}

/** Keeps a value for the synchronous part of a function, and after its awaits where the platform can. */
export interface ContextStorage<T> {
  /** The value is also there after an await (AsyncLocalStorage). */
  readonly survivesAwait: boolean
  run<R>(value: T, body: () => R): R
  current(): T | undefined
}

/** Whether something of the platform is on, and why it is off. */
export interface Capability {
  readonly on: boolean
  readonly why?: string
}

/** Everything Troupe asks of the platform it runs on. There is one per platform, chosen by `#host`. */
export interface Platform {
  readonly name: 'node' | 'browser'
  readonly cpuCount: number
  /** A development build: mistakes that cost time to find are looked for. */
  readonly isDevelopment: boolean
  /** Bytes of objects that a node keeps in memory when nothing else is said. */
  readonly objectMemoryBytes: number
  /** The platform tells when a worker has ended, however that came about. */
  readonly tellsOfDeaths: boolean
  /** The id of this thread in Node; undefined in browsers. */
  readonly threadId: number | undefined
  createPorts(): [PortLike, PortLike]
  createContext<T>(): ContextStorage<T>
  /** While on, a Node process does not end although everything else is idle. */
  keepAlive(on: boolean): void
  /** Makes this realm controllable by the node that started it. */
  exposeControl(control: WorkerControl): void
  /** Shows this realm to people under another name, where the platform can: in `ps`, `top` and `self.name`. */
  nameRealm(name: string): void
  importModule(url: string): PromiseLike<unknown>
  /** Throws a TypeScriptSourceError when a worker of this platform could not load the module. */
  checkModule(url: string): void
  readonly gpus: GpuProvider
  capabilities(): PromiseLike<Record<string, Capability>>
  /** Called when the page goes away; `isFinal` is false when it may come back from the cache. */
  onLeave(listener: () => void): void
  /** Prints a line for people. */
  log(level: LogLevel, text: string): void
  /** What a worker printed, ready to travel. */
  formatLog(args: readonly unknown[]): readonly unknown[]
  /** Prints a line of a worker, with who wrote it in front. */
  logLine(level: LogLevel, label: string, args: readonly unknown[]): void
}

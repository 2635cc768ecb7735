import { host } from '#host'
import type { NodeResources } from '../core/node-ledger.ts'
import type { RealmId, WorkerId } from '../protocol/ids.ts'
import type { HostWorker, StartOptions, WorkerHost } from '../protocol/platform.ts'
import type { RealmsBefore, WorkerConfig, WorkerExit } from '../protocol/worker-host.ts'
import { MessagePortChannel } from '../transport/message-port.ts'
import type { ClusterSide } from './cluster-side.ts'
import type { GpuLoss } from './gpu-devices.ts'
import { peerMs, takeObject, within } from './hand-over.ts'
import { Heartbeat } from './heartbeat.ts'
import { Link } from './link.ts'
import { NodeBooks } from './node-books.ts'
import { NodeGpus } from './node-gpus.ts'
import { NodeMemory } from './node-memory.ts'
import type { Runtime } from './runtime.ts'

interface NodeWorker {
  readonly host: HostWorker
  readonly link: Link
  isReady: boolean
  isStopped: boolean
  /** Why it is ended, where that is more than a wish. */
  exit?: WorkerExit
  /** Ends the wait for a worker that is leaving. */
  cutShort?: () => void
}

/** How long a worker may take to hand its objects over. */
const leaveMs = 30_000

/** So many workers that lost a device are remembered. */
const rememberedCount = 1000

const nothing: NodeResources = { cpus: 0, gpus: 0, custom: {} }

/** What all workers of a node are told alike. */
export type NodeWorkerConfig = Omit<WorkerConfig, 'workerId' | 'name' | 'memoryBytes' | 'past'>
export interface NodeOptions extends StartOptions {
  /** How much all realms of the node together may keep of objects in memory. */
  readonly memoryBytes: number
}

/** The workers of this node: starts them, ends them, and notices when one ends by itself. */
export class LocalNode {
  readonly #runtime: Runtime
  readonly #workerHost: WorkerHost
  readonly #options: NodeOptions
  readonly #config: NodeWorkerConfig
  readonly #workers = new Map<WorkerId, NodeWorker>()
  readonly #ending = new Set<PromiseLike<void>>()
  /** Workers that hand their objects over now. */
  readonly #handingOver = new Set<WorkerId>()
  readonly #heartbeat: Heartbeat | undefined
  readonly memory: NodeMemory
  /** Who hears what happens here. */
  cluster!: ClusterSide
  /** What is given out here. */
  books!: NodeBooks
  /** What is known of its GPUs; undefined until it is known how many there are. */
  gpus: NodeGpus | undefined

  constructor(runtime: Runtime, workerHost: WorkerHost, options: NodeOptions, config: NodeWorkerConfig) {
    this.#runtime = runtime
    this.#workerHost = workerHost
    this.#options = options
    this.#config = config
    this.memory = new NodeMemory(runtime, options.memoryBytes, (workerId) => this.link(workerId))
    if (options.pingTimeoutMs > 0) {
      this.#heartbeat = new Heartbeat(
        options.pingTimeoutMs,
        () => this.#readyLinks(),
        (link) => this.#silent(link),
      )
    }
  }

  link(workerId: WorkerId): Link | undefined {
    return this.#workers.get(workerId)?.link
  }

  /** It is known what this node has, and what of that is not for the cluster. */
  open(resources: NodeResources, withheld: NodeResources = nothing): void {
    const isUsable = (workerId: WorkerId): boolean => this.#workers.get(workerId)?.isStopped === false
    this.books = new NodeBooks(
      {
        cluster: this.cluster,
        isUsable,
        endWorker: (workerId) => this.stopWorker(workerId, true),
        resumed: (workerId, leaseId) => this.link(workerId)?.tell('leaseResumed', leaseId),
      },
      resources,
      withheld,
    )
    this.gpus = new NodeGpus(host.gpus, resources, (all) => this.books.gpusChanged(all))
  }

  get workerCount(): number {
    return this.#workers.size
  }

  startWorker(workerId: WorkerId, name: string): void {
    let started: HostWorker
    try {
      started = this.#workerHost.startWorker(
        { ...this.#config, workerId, name, memoryBytes: this.memory.join(workerId), past: this.past() },
        this.#options,
      )
    } catch (error) {
      // As an event of its own, so that every start is asked for before one is reported lost.
      queueMicrotask(() => this.cluster.workerExited(workerId, startFailure(error)))
      return
    }
    const link = new Link(this.#runtime, workerId, new MessagePortChannel(started.port))
    const worker: NodeWorker = { host: started, link, isReady: false, isStopped: false }
    this.#workers.set(workerId, worker)
    this.#runtime.addLink(link)
    started.onExit((exit) => this.#exited(workerId, exit))
    started.ready.then(
      () => {
        worker.isReady = true
        this.cluster.workerReady(workerId)
      },
      (error: unknown) => {
        this.#exited(workerId, startFailure(error))
        void started.terminate()
      },
    )
  }

  /** Workers that ended because they lost a GPU device, and why: what they kept is gone for that reason. */
  readonly lostDevices: Map<WorkerId, string> = new Map()

  /** Ends a worker. One that ends gracefully hands its objects over first, if it can within its time. */
  stopWorker(workerId: WorkerId, isGraceful = false): void {
    const worker = this.#workers.get(workerId)
    if (worker === undefined) return
    if (worker.isStopped) {
      if (!isGraceful) worker.cutShort?.()
      return
    }
    worker.isStopped = true
    const ending = isGraceful && worker.isReady ? this.#leave(worker) : worker.host.terminate()
    this.#ending.add(ending)
    const ended = (): void => {
      this.#ending.delete(ending)
      this.#exited(workerId, { reason: 'was ended' })
    }
    ending.then(ended, ended)
  }

  /** A worker tells its node something. False: it is nothing that concerns it. */
  onNotice(from: Link, name: string, payload: unknown): boolean {
    if (name === 'memoryWanted') this.memory.wanted(from.peer, Number(payload))
    else if (name === 'memoryReturned') this.memory.returned(from.peer, Number(payload))
    else if (name === 'gpuLost') this.#gpuLost(from.peer, payload as GpuLoss)
    else return false
    return true
  }

  // Before the worker has ended: what restarts waits until the GPU is back.
  #gpuLost(workerId: WorkerId, { gpuId, reason, isDestroyed }: GpuLoss): void {
    const worker = this.#workers.get(workerId)
    if (worker === undefined || worker.isStopped) return
    if (!isDestroyed) this.gpus?.lost(gpuId, reason)
    worker.exit = { reason, isGpuLost: true }
    this.lostDevices.set(workerId, `it ${reason}`)
    for (const first of this.lostDevices.keys()) {
      if (this.lostDevices.size <= rememberedCount) break
      this.lostDevices.delete(first)
    }
    this.stopWorker(workerId)
  }

  async #leave(worker: NodeWorker): Promise<void> {
    const { link } = worker
    const left = link.ask<void>('leave', undefined).catch(() => {})
    // After the question: what was said before it reaches the worker before it.
    this.#runtime.objects.handingOver(link.peer)
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<void>((resolve) => {
      worker.cutShort = resolve
      timer = setTimeout(resolve, leaveMs)
    })
    await Promise.race([left, late])
    clearTimeout(timer)
    await worker.host.terminate()
  }

  /** What a realm that starts now must know of those before it. */
  past(): RealmsBefore {
    return { ...this.#runtime.endedRealms(), leaving: [...this.#handingOver] }
  }

  /** Takes an object that a worker hands over. */
  takeObject(link: Link, batch: readonly unknown[], at: number): void {
    takeObject(this.#runtime, link, batch, at)
  }

  /** Tells every realm of the cluster that a worker hands its objects over, and resolves when all know. */
  async announceHandOver(workerId: WorkerId): Promise<void> {
    await Promise.all([this.announceHere(workerId), this.cluster.announceHandOver(workerId)])
  }

  /** Tells the realms of this node that a worker hands its objects over, and resolves when all know. */
  async announceHere(workerId: WorkerId): Promise<void> {
    if (this.#runtime.isLost(workerId)) return
    this.#handingOver.add(workerId)
    this.#runtime.objects.handingOver(workerId)
    const others = [...this.#workers.values()].filter(({ link }) => link.peer !== workerId)
    for (const { link, isReady } of others) if (!isReady) link.tell('handsOver', workerId)
    const ready = others.filter(({ isReady }) => isReady)
    await Promise.all(ready.map(({ link }) => within(peerMs, link.ask('handsOver', workerId))))
  }

  /** The second detector: the link of a worker closed though nobody told that it ended. */
  linkClosed(link: Link, reason: string): void {
    const worker = this.#workers.get(link.peer)
    if (worker === undefined || worker.link !== link || this.#runtime.isShutDown) return
    // The platform says more of how it ended; it is given its time, where it tells at all.
    const graceMs = host.tellsOfDeaths ? 5000 : 50
    const timer = setTimeout(() => {
      if (this.#workers.get(link.peer) !== worker) return
      void worker.host.terminate()
      this.#exited(link.peer, { reason: `closed its link (${reason})` })
    }, graceMs)
    ;(timer as { unref?: () => void }).unref?.()
  }

  *#readyLinks(): Generator<Link> {
    for (const worker of this.#workers.values()) if (worker.isReady) yield worker.link
  }

  #silent(link: Link): void {
    const worker = this.#workers.get(link.peer)
    if (worker === undefined) return
    void worker.host.terminate()
    this.#exited(link.peer, { reason: `has not answered a ping for ${this.#options.pingTimeoutMs} ms` })
  }

  async shutdown(): Promise<void> {
    this.#heartbeat?.stop()
    this.gpus?.close()
    for (const workerId of [...this.#workers.keys()]) this.stopWorker(workerId)
    await Promise.allSettled([...this.#ending])
  }

  #exited(workerId: WorkerId, exit: WorkerExit): void {
    const worker = this.#workers.get(workerId)
    if (worker === undefined) return
    this.#workers.delete(workerId)
    worker.link.connection.close((worker.exit ?? exit).reason)
    this.memory.leave(workerId)
    if (this.books.workerExited(workerId)) return
    const end = worker.exit ?? exit
    this.cluster.workerExited(workerId, worker.isReady || worker.isStopped ? end : { ...end, failedToStart: true })
  }

  /** A realm of the cluster has ended: all realms of this node are told. */
  realmLost(realm: RealmId): void {
    this.#handingOver.delete(realm)
    this.#runtime.realmLost(realm)
    if (this.#runtime.isShutDown) return
    // One that is still starting reads it before anything that could name the ended one.
    for (const other of this.#workers.values()) other.link.tell('realmLost', realm)
  }
}

function startFailure(error: unknown): WorkerExit {
  return {
    reason: `could not be started: ${error instanceof Error ? error.message : String(error)}`,
    failedToStart: true,
  }
}

import type { ClusterCommand, ClusterEvent } from '../src/core/cluster-events.ts'
import { ClusterState } from '../src/core/cluster-state.ts'
import type { ResourceRequest } from '../src/protocol/specs.ts'

const queuedCount = 100_000
const requests: readonly ResourceRequest[] = [
  { cpu: 1, gpu: 0, custom: {} },
  { cpu: 2, gpu: 0, custom: {} },
  { cpu: 1, gpu: 1, custom: {} },
]

/** A cluster whose workers are all busy, with tasks that wait: one ends, the next begins, a new one is asked for. */
export class BusyCluster {
  readonly #state = new ClusterState()
  readonly #nodeCount: number
  readonly #kindCount: number
  readonly #running: string[] = []
  #next = 0

  constructor(nodeCount: number, kindCount: number) {
    this.#nodeCount = nodeCount
    this.#kindCount = kindCount
    const resources = { cpus: 4, gpus: 1, custom: {} }
    for (let i = 0; i < nodeCount; i++) this.#tell({ type: 'nodeJoined', nodeId: `n${i}`, resources, spareWorkers: 0 })
    for (let i = 0; i < queuedCount; i++) this.#ask()
  }

  #tell(event: ClusterEvent): void {
    this.#take(this.#state.handle(event))
  }

  #take(commands: readonly ClusterCommand[]): void {
    for (const command of commands) {
      if (command.type === 'startWorker') this.#tell({ type: 'workerReady', workerId: command.workerId })
      else if (command.type === 'grantLease') this.#running.push(command.leaseId)
    }
  }

  #ask(): void {
    const number = this.#next++
    const request = { ...requests[number % this.#kindCount]! }
    const realm = `n${number % this.#nodeCount}`
    this.#tell({ type: 'leaseRequested', leaseId: `driver:l${number}`, realm, request, waitForResources: false })
  }

  /** Milliseconds for so many events. Throws when tasks were lost. */
  run(count: number): number {
    const startedAt = performance.now()
    for (let i = 0; i < count; i += 2) {
      const at = (i * 7919) % this.#running.length
      const leaseId = this.#running[at]!
      this.#running[at] = this.#running.at(-1)!
      this.#running.pop()
      this.#tell({ type: 'leaseReturned', leaseId })
      this.#ask()
    }
    const ms = performance.now() - startedAt
    const unfinished = this.#running.length + this.#state.waitingCount
    if (unfinished !== queuedCount) throw new Error(`bug: ${unfinished} tasks run or wait, not ${queuedCount}`)
    return ms
  }
}

/** What cannot be left out: every event is kept, and a Map knows what is asked for. */
export class BareLoop {
  readonly #known = new Map<string, ClusterEvent>()
  #log: ClusterEvent[] = []
  #next = 0

  constructor() {
    for (let i = 0; i < queuedCount; i++) this.#ask()
  }

  #ask(): void {
    const number = this.#next++
    const request = { ...requests[0]! }
    const leaseId = `driver:l${number}`
    const event = { type: 'leaseRequested', leaseId, realm: 'n0', request, waitForResources: false } as const
    this.#log.push(event)
    this.#known.set(leaseId, event)
  }

  /** Milliseconds for so many events. */
  run(count: number): number {
    this.#log = []
    const startedAt = performance.now()
    for (let i = 0; i < count; i += 2) {
      const event = { type: 'leaseReturned', leaseId: `driver:l${this.#next - queuedCount}` } as const
      this.#log.push(event)
      this.#known.delete(event.leaseId)
      this.#ask()
    }
    return performance.now() - startedAt
  }
}

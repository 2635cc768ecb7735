import type { CallMeta } from '../protocol/messages.ts'
import type { DefinitionSpec, ResourceRequest } from '../protocol/specs.ts'
import { CallAbort } from './call-abort.ts'
import type { CallContext } from './context.ts'
import { Execution, type ExecutionSite, type IncomingCall } from './execution.ts'
import type { Link } from './link.ts'
import { loadDefinition } from './load-definition.ts'
import { nameWorker } from './realm-names.ts'
import { type AnyFunction, isGenerator, realmState } from './registry.ts'
import type { Runtime } from './runtime.ts'

/** What a leased worker is told about a task, beside its arguments. */
export interface TaskMeta extends CallMeta {
  readonly taskId: string
  readonly gpuIds: readonly number[]
  readonly request: ResourceRequest
  readonly leaseId: string
}

/** Runs the tasks that callers push to this worker. */
export class TaskRunner {
  readonly #runtime: Runtime
  readonly #site: ExecutionSite
  #runningCount = 0
  #isNamed = false
  /** Waits under way by lease, and how to go on when the CPUs are there again. */
  readonly #waits = new Map<string, number>()
  readonly #resume = new Map<string, readonly (() => void)[]>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.#site = {
      runtime,
      factsOf: ({ taskId, method }) => ({ taskId, method, workerId: runtime.realmId, nodeId: runtime.nodeId }),
    }
  }

  onTask(link: Link, batch: readonly unknown[], at: number): void {
    const incoming: IncomingCall = {
      link,
      callId: batch[at] as number,
      args: batch[at + 2],
      specials: batch[at + 3],
      meta: batch[at + 4] as TaskMeta,
    }
    const spec = batch[at + 1] as DefinitionSpec
    const known = realmState().definitions.get(spec.id)
    if (known !== undefined) return this.#run(incoming, known.target as AnyFunction, spec)
    loadDefinition(spec, 'task').then(
      (definition) => this.#run(incoming, definition.target as AnyFunction, spec),
      (error) => link.replyError(incoming.callId, this.#runtime.values.packThrown(error)),
    )
  }

  /** Waits for something in a task: its CPUs are others' meanwhile, and its own again when this resolves. */
  async outside<T>(leaseId: string, waiting: Promise<T>): Promise<T> {
    this.pause(leaseId)
    try {
      return await waiting
    } finally {
      await new Promise<void>((resolve) => this.goOn(leaseId, resolve))
    }
  }

  /** The task of a lease starts to wait: its CPUs are others'. */
  pause(leaseId: string): void {
    const count = this.#waits.get(leaseId) ?? 0
    this.#waits.set(leaseId, count + 1)
    if (count === 0) this.#runtime.control.blockLease(leaseId)
  }

  /** It has what it waited for; calls back when the CPUs are its own again. */
  goOn(leaseId: string, then: () => void): void {
    const left = this.#waits.get(leaseId)! - 1
    if (left > 0) {
      this.#waits.set(leaseId, left)
      return then()
    }
    this.#waits.delete(leaseId)
    this.#resume.set(leaseId, [...(this.#resume.get(leaseId) ?? []), then])
    this.#runtime.control.unblockLease(leaseId)
  }

  resumed(leaseId: string): void {
    const waiting = this.#resume.get(leaseId) ?? []
    this.#resume.delete(leaseId)
    for (const goOn of waiting) goOn()
  }

  #run(incoming: IncomingCall, fn: AnyFunction, spec: DefinitionSpec): void {
    const meta = incoming.meta as TaskMeta
    const method = meta.name ?? spec.name
    if (!this.#isNamed) {
      this.#isNamed = true
      nameWorker(this.#runtime, { actor: undefined, isLeased: true })
    }
    this.#runningCount++
    const context: CallContext = {
      runtime: this.#runtime,
      taskId: meta.taskId,
      method,
      gpuIds: meta.gpuIds,
      request: meta.request,
      abort: new CallAbort(),
      attempt: meta.attempt ?? 0,
      scope: [],
      leaseId: meta.leaseId,
    }
    const execution = new Execution(
      this.#site,
      {
        incoming,
        context,
        isAlone: this.#runningCount === 1 && !this.#runtime.isInline,
        isStream: isGenerator(fn),
        name: method,
      },
      () => {
        context.isOver = true
        this.#runningCount--
      },
    )
    execution.run(this.#runtime.clock.read(), (args) => fn(...(args as never[])))
  }
}

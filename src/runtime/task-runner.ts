import type { CallMeta } from '../protocol/messages.ts'
import type { DefinitionSpec } from '../protocol/specs.ts'
import { Execution, type IncomingCall } from './execution.ts'
import type { Link } from './link.ts'
import { loadDefinition } from './load-definition.ts'
import { type AnyFunction, isGenerator, realmState } from './registry.ts'
import type { Runtime } from './runtime.ts'

/** What a leased worker is told about a task, beside its arguments. */
export interface TaskMeta extends CallMeta {
  readonly taskId: string
  readonly gpuIds: readonly number[]
}

/** Runs the tasks that callers push to this worker. */
export class TaskRunner {
  readonly #runtime: Runtime
  #runningCount = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
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

  #run(incoming: IncomingCall, fn: AnyFunction, spec: DefinitionSpec): void {
    const meta = incoming.meta as TaskMeta
    const method = meta.name ?? spec.name
    const { realmId, nodeId } = this.#runtime
    this.#runningCount++
    const execution = new Execution(
      {
        runtime: this.#runtime,
        incoming,
        context: {
          runtime: this.#runtime,
          taskId: meta.taskId,
          method,
          gpuIds: meta.gpuIds,
          abort: new AbortController(),
          attempt: meta.attempt ?? 0,
          scope: [],
        },
        isAlone: this.#runningCount === 1 && !this.#runtime.isInline,
        isStream: isGenerator(fn),
        facts: { taskId: meta.taskId, method, workerId: realmId, nodeId },
        name: method,
      },
      () => {
        this.#runningCount--
      },
    )
    execution.run((args) => fn(...(args as never[])))
  }
}

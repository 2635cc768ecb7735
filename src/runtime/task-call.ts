import { markTaskError, TaskCancelledError } from '../protocol/errors.ts'
import type { NodeId, RealmId } from '../protocol/ids.ts'
import { Op } from '../protocol/messages.ts'
import type { DefinitionSpec, ResourceRequest } from '../protocol/specs.ts'
import type { Pending } from '../transport/pending-table.ts'
import { CallArguments } from './call-arguments.ts'
import { whenStuck } from './call-watch.ts'
import type { Link } from './link.ts'
import type { Sink, Stored } from './object-entry.ts'
import type { Runtime } from './runtime.ts'
import type { TaskReport } from './task-reports.ts'
import type { TaskMeta } from './task-runner.ts'
import type { Lease } from './task-submitter.ts'

/** What a task is and may do. */
export interface TaskPlan {
  readonly definition: DefinitionSpec
  readonly name: string
  readonly request: ResourceRequest
  readonly waitForResources: boolean
  readonly maxRetries: number
  /** Whether to run it again after this error of the user's. */
  shouldRetry(thrown: unknown): boolean
  readonly retriesErrors: boolean
  readonly backpressure?: number
}

/** A task as `listTasks` shows it. */
export interface TaskView {
  readonly taskId: string
  readonly name: string
  readonly state: 'PENDING_ARGUMENTS' | 'QUEUED' | 'RUNNING'
  readonly attempt: number
  /** Where it runs. */
  readonly workerId: string | undefined
  /** The realm that submitted it. */
  readonly submitter: string
  /** Why it does not run yet, as a sentence for people. */
  readonly pendingReason: string | undefined
}

/** One task, from the moment it is submitted until its outcome is known; retries are runs of the same task. */
export class TaskCall implements Pending {
  readonly taskId: string
  attempt = 0
  /** The node it should be on, if it can. */
  nearNodeId: NodeId | undefined
  readonly #runtime: Runtime
  readonly #plan: TaskPlan
  readonly #args: CallArguments
  readonly #sink: Sink
  #isDone = false
  #doneListeners: (() => void)[] | undefined
  #link: Link | undefined
  #callId = 0
  /** An argument could only be moved: it cannot be sent again. */
  #wasMoved = false

  constructor(runtime: Runtime, plan: TaskPlan, args: unknown[], sink: Sink) {
    this.#runtime = runtime
    this.#plan = plan
    this.#args = new CallArguments(runtime, args, true)
    this.#args.keep()
    this.#sink = sink
    this.taskId = runtime.nextTaskId()
  }

  get name(): string {
    return this.#plan.name
  }
  get request(): ResourceRequest {
    return this.#plan.request
  }
  get waitForResources(): boolean {
    return this.#plan.waitForResources
  }
  /** The realm it was sent to. */
  get callee(): RealmId | undefined {
    return this.#link?.peer
  }
  get isDone(): boolean {
    return this.#isDone
  }

  /** What it is doing; why it has no worker is the coordinator's to say. */
  report(): TaskReport {
    const workerId = this.#link?.peer
    const state = workerId !== undefined ? 'RUNNING' : this.#args.isReady ? 'QUEUED' : 'PENDING_ARGUMENTS'
    return {
      taskId: this.taskId,
      name: this.name,
      state,
      attempt: this.attempt,
      workerId,
      submitter: this.#runtime.realmId,
      request: this.request,
    }
  }

  whenReady(then: () => void): void {
    this.#args.whenReady(then)
  }

  /** Its arguments are known: it is best near the large ones, unless it was told where to be. */
  choosePlace(): void {
    const { strategy, bundle } = this.request
    const nodeId = strategy === undefined && bundle === undefined ? this.#args.nearNodeId : undefined
    if (nodeId !== this.#runtime.nodeId) this.nearNodeId = nodeId
  }

  failIfArgumentsDid(): boolean {
    const resolved = this.#args.resolve(this.name)
    if (!('failed' in resolved)) return false
    if (this.#finish()) this.#sink.reject(this.#runtime.values.packEncoded(resolved.failed))
    return true
  }

  /** Sends it to a leased worker. False: it failed here. */
  send(link: Link, { leaseId, gpuIds }: Lease): boolean {
    const resolved = this.#args.resolve(this.name, link.peer)
    if (this.#isDone || 'failed' in resolved) return false
    const { name, taskId, attempt } = this
    const meta: TaskMeta = {
      taskId,
      gpuIds,
      request: this.request,
      leaseId,
      name,
      attempt,
      ...(this.#plan.backpressure === undefined ? {} : { backpressure: this.#plan.backpressure }),
      ...(resolved.fetched === undefined ? {} : { fetched: resolved.fetched }),
    }
    this.#link = link
    this.#callId = link.connection.pending.add(this)
    const wire = this.#runtime.values.toWire(resolved.specials, link.peer)
    const record = [Op.task, this.#callId, this.#plan.definition, resolved.args, wire, meta]
    try {
      if (link.postKept(record, this.#args.transfer)) this.#wasMoved = true
      return true
    } catch (error) {
      link.connection.pending.take(this.#callId)
      this.#link = undefined
      this.rejectWith(this.#runtime.values.explain(error, resolved.args, 'args'))
      return false
    }
  }

  takeRetry(): boolean {
    const { maxRetries } = this.#plan
    if (this.#wasMoved || (maxRetries >= 0 && this.attempt >= maxRetries)) return false
    this.attempt++
    return true
  }

  onValue(value: unknown, specials: unknown): void {
    this.#runtime.tasks!.taskEnded(this)
    const stored = this.#arrived(value, specials)
    if (this.#finish()) this.#sink.resolve(stored)
    else this.#drop(stored)
  }

  onError(value: unknown, specials: unknown): void {
    this.#runtime.tasks!.taskEnded(this)
    const { values } = this.#runtime
    const stored = this.#arrived(value, specials)
    if (this.#isDone) return this.#drop(stored)
    if (this.#plan.retriesErrors && this.#plan.shouldRetry(values.openThrown(stored).thrown) && this.takeRetry()) {
      return this.#runtime.tasks!.retry(this)
    }
    if (this.#finish()) this.#sink.reject(stored)
  }

  #arrived(value: unknown, specials: unknown): Stored {
    return { value, specials: this.#runtime.values.fromWire(specials) }
  }

  // Nobody waits for it any more: what it holds is given back.
  #drop({ specials }: Stored): void {
    this.#runtime.values.release(specials)
  }

  onItem(_index: number, value: unknown, specials: unknown): void {
    const stored = this.#arrived(value, specials)
    if (this.#isDone || this.#sink.item === undefined) this.#drop(stored)
    else this.#sink.item(stored)
  }

  /** It has run out of time. A worker that runs it and answers nothing at all is stuck: it is ended. */
  timeOut(error: Error): void {
    const link = this.#link
    this.cancel(error)
    if (link !== undefined) whenStuck(link, () => this.#runtime.tasks!.endWorkerOf(this))
  }

  onEnd(): void {
    this.#runtime.tasks!.taskEnded(this)
    if (this.#finish()) this.#sink.end?.()
  }

  taken(count: number): void {
    this.#link?.connection.send(Op.taken, this.#callId, count)
  }

  // The coordinator tells how the leased worker ended; the submitter decides then.
  onLost(): void {
    this.#link = undefined
  }

  rejectWith(error: unknown): void {
    if (this.#finish()) this.#sink.reject(this.#runtime.values.keepThrown(error))
  }

  /** Ends it for the caller now. A queued task never starts; a running one sees its signal abort, or its worker end. */
  cancel(reason: unknown, force = false): void {
    if (this.#isDone) return
    const isQueued = this.#runtime.tasks!.withdraw(this)
    if (!isQueued && force) this.#runtime.tasks!.endWorkerOf(this)
    else if (!isQueued && this.#link !== undefined) {
      const { values } = this.#runtime
      const packed = values.packThrown(reason)
      this.#link.connection.post([
        Op.cancel,
        this.#callId,
        packed.value,
        values.toWire(packed.specials, this.#link.peer),
      ])
    }
    if (!isQueued && reason instanceof TaskCancelledError)
      markTaskError(reason, { taskId: this.taskId, method: this.name })
    this.rejectWith(reason)
  }

  #finish(): boolean {
    if (this.#isDone) return false
    this.#isDone = true
    this.#args.release()
    this.#runtime.tasks!.finished(this)
    if (this.#doneListeners !== undefined) for (const listener of this.#doneListeners) listener()
    return true
  }

  onDone(listener: () => void): void {
    if (this.#isDone) listener()
    else (this.#doneListeners ??= []).push(listener)
  }
}

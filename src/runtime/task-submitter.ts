import type { Refusal } from '../core/cluster-events.ts'
import {
  GpuDeviceLostError,
  OutOfMemoryError,
  PlacementGroupRemovedError,
  TaskUnschedulableError,
  WorkerCrashedError,
} from '../protocol/errors.ts'
import type { RealmId } from '../protocol/ids.ts'
import type { ResourceRequest } from '../protocol/specs.ts'
import type { WorkerExit } from '../protocol/worker-host.ts'
import type { LeaseTerms } from './control.ts'
import type { Runtime } from './runtime.ts'
import type { TaskCall } from './task-call.ts'
import type { TaskReport } from './task-reports.ts'

/** A worker lent to this realm for tasks of one shape. */
export interface Lease {
  readonly leaseId: string
  readonly workerId: RealmId
  readonly gpuIds: readonly number[]
}
interface HeldLease extends Lease {
  task: TaskCall | undefined
  taskCount: number
}
/** Tasks that ask for the same run on the same leases. */
interface Shape {
  readonly request: ResourceRequest
  readonly terms: LeaseTerms
  readonly queue: TaskCall[]
  readonly leases: Map<string, HeldLease>
  readonly asked: Set<string>
}

const tasksPerLease = 64
/** More requests than this under way at once only lengthen the coordinator's queue. */
const maxAsked = 32

/** Sends this realm's tasks to leased workers: one lease carries many tasks of one shape. */
export class TaskSubmitter {
  readonly #runtime: Runtime
  readonly #shapes = new Map<string, Shape>()
  readonly #byLease = new Map<string, Shape>()
  readonly #active = new Set<TaskCall>()
  #nextLease = 1
  #lastShape: Shape | undefined

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  submit(task: TaskCall): void {
    this.#active.add(task)
    this.#runtime.busy(1)
    task.whenReady(() => {
      if (task.isDone || task.failIfArgumentsDid()) return
      task.choosePlace()
      const shape = this.#shapeOf(task)
      shape.queue.push(task)
      this.#pump(shape)
    })
  }

  /** A task has its outcome. */
  finished(task: TaskCall): void {
    this.#active.delete(task)
    this.#runtime.busy(-1)
  }

  withdraw(task: TaskCall): boolean {
    const queue = this.#shapeOf(task).queue
    const at = queue.indexOf(task)
    if (at < 0) return false
    queue.splice(at, 1)
    return true
  }

  /** Ends the worker that runs a task, whatever it does. */
  endWorkerOf(task: TaskCall): void {
    for (const lease of this.#shapeOf(task).leases.values()) {
      if (lease.task === task) this.#runtime.control.endLease(lease.leaseId)
    }
  }

  /** The tasks of this realm that are not done. */
  list(): TaskReport[] {
    return [...this.#active].map((task) => task.report())
  }

  /** The worker has answered; it can take the next one. */
  taskEnded(task: TaskCall): void {
    const shape = this.#shapeOf(task)
    for (const lease of shape.leases.values()) if (lease.task === task) lease.task = undefined
    this.#pump(shape)
  }

  /** To be run again. */
  retry(task: TaskCall): void {
    const shape = this.#shapeOf(task)
    shape.queue.push(task)
    this.#pump(shape)
  }

  granted(lease: Lease): void {
    const shape = this.#byLease.get(lease.leaseId)
    if (shape === undefined) return this.#runtime.control.returnLease(lease.leaseId)
    shape.asked.delete(lease.leaseId)
    shape.leases.set(lease.leaseId, { ...lease, task: undefined, taskCount: 0 })
    this.#pump(shape)
  }

  refused(leaseId: string, refusal: Refusal): void {
    const shape = this.#byLease.get(leaseId)
    if (shape === undefined) return
    this.#byLease.delete(leaseId)
    shape.asked.delete(leaseId)
    for (const task of shape.queue.splice(0)) task.rejectWith(refusalError(task.name, refusal))
  }

  /** The leased worker is gone, and with it the task it ran. */
  ended(leaseId: string, exit: WorkerExit): void {
    const shape = this.#byLease.get(leaseId)
    if (shape === undefined) return
    this.#byLease.delete(leaseId)
    shape.asked.delete(leaseId)
    const lease = shape.leases.get(leaseId)
    shape.leases.delete(leaseId)
    if (lease?.task !== undefined) this.#crashed(lease.task, lease.workerId, exit)
    else if (exit.failedToStart) this.#startFailed(shape, exit)
    this.#pump(shape)
  }

  failAll(error: Error): void {
    for (const shape of this.#shapes.values()) {
      for (const task of shape.queue.splice(0)) task.rejectWith(error)
      for (const lease of shape.leases.values()) lease.task?.rejectWith(error)
    }
  }

  #crashed(task: TaskCall, workerId: RealmId, exit: WorkerExit): void {
    if (task.isDone) return
    if (exit.isGroupRemoved === true) {
      const message = `The task ${task.name} was ended: the placement group it ran in was removed.`
      return task.rejectWith(new PlacementGroupRemovedError(message, { task: task.name }))
    }
    if (!exit.isOutOfMemory && task.takeRetry()) return this.retry(task)
    const facts = { workerId, exitCode: exit.exitCode, task: task.name }
    const text = `The worker ${workerId} that ran the task ${task.name} ${exit.reason}, after ${task.attempt + 1} run(s).`
    if (exit.isGpuLost) return task.rejectWith(new GpuDeviceLostError(text, facts))
    task.rejectWith(exit.isOutOfMemory ? new OutOfMemoryError(text, facts) : new WorkerCrashedError(text, facts))
  }

  // A worker that cannot even start will not start for the next task either.
  #startFailed(shape: Shape, exit: WorkerExit): void {
    for (const task of shape.queue.splice(0))
      task.rejectWith(new WorkerCrashedError(`No worker could be started for the task ${task.name}: ${exit.reason}`))
  }

  #pump(shape: Shape): void {
    for (const lease of shape.leases.values()) {
      if (lease.task !== undefined) continue
      const task = lease.taskCount >= limitOf(shape) ? undefined : shape.queue.shift()
      if (task === undefined) this.#giveBack(shape, lease)
      else {
        lease.taskCount++
        lease.task = task
        if (!task.send(this.#runtime.linkTo(lease.workerId), lease)) lease.task = undefined
      }
    }
    while (shape.asked.size < Math.min(shape.queue.length, maxAsked)) this.#ask(shape)
    for (const leaseId of shape.asked) {
      if (shape.asked.size <= shape.queue.length) break
      shape.asked.delete(leaseId)
      this.#byLease.delete(leaseId)
      this.#runtime.control.returnLease(leaseId)
    }
  }

  #ask(shape: Shape): void {
    const leaseId = `${this.#runtime.realmId}:l${this.#nextLease++}`
    shape.asked.add(leaseId)
    this.#byLease.set(leaseId, shape)
    this.#runtime.control.requestLease(leaseId, shape.request, shape.terms)
  }

  #giveBack(shape: Shape, lease: HeldLease): void {
    shape.leases.delete(lease.leaseId)
    this.#byLease.delete(lease.leaseId)
    this.#runtime.control.returnLease(lease.leaseId)
  }

  #shapeOf(task: TaskCall): Shape {
    const { request, waitForResources, nearNodeId } = task
    const last = this.#lastShape
    // What one starter submits asks with one and the same object.
    if (last?.request === request && last.terms.nearNodeId === nearNodeId) {
      if (last.terms.waitForResources === waitForResources) return last
    }
    return (this.#lastShape = this.#findShape(task))
  }

  #findShape(task: TaskCall): Shape {
    const { waitForResources, nearNodeId } = task
    const key = JSON.stringify([task.request, waitForResources, nearNodeId])
    let shape = this.#shapes.get(key)
    if (shape === undefined) {
      shape = {
        request: task.request,
        terms: nearNodeId === undefined ? { waitForResources } : { waitForResources, nearNodeId },
        queue: [],
        leases: new Map(),
        asked: new Set(),
      }
      this.#shapes.set(key, shape)
    }
    return shape
  }
}

// Each task that is to be spread has a place of its own.
function limitOf({ request }: Shape): number {
  return request.strategy?.type === 'spread' ? 1 : tasksPerLease
}

/** What can never run: its placement group is gone, or no node could have it. */
export function refusalError(task: string, { message, requested, available, isGroupRemoved }: Refusal): Error {
  if (isGroupRemoved === true)
    return new PlacementGroupRemovedError(`The task ${task} cannot run: ${message}.`, { task })
  return new TaskUnschedulableError(`The task ${task} can never run. ${message}`, { task, requested, available })
}

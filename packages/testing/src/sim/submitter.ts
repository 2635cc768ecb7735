import type { Refusal } from '../../../../src/core/cluster-events.ts'
import type { ResourceRequest } from '../../../../src/protocol/specs.ts'
import type { WorkerExit } from '../../../../src/protocol/worker-host.ts'
import type { Asker, Realm } from './realm.ts'
import type { Worker } from './worker.ts'

/** A task as its submitter knows it. */
export interface Task {
  readonly taskId: string
  readonly request: ResourceRequest
  readonly runMs: number
  readonly maxRetries: number
  readonly isDeadly: boolean
  readonly childCount: number
  onSettled?: () => void
  attempt: number
}

interface Held {
  readonly leaseId: string
  readonly workerId: string
  task: Task | undefined
  taskCount: number
}

interface Shape {
  readonly request: ResourceRequest
  readonly queue: Task[]
  readonly leases: Map<string, Held>
  readonly asked: Set<string>
}

const tasksPerLease = 6
const maxAsked = 4

/** Sends a realm's tasks to leased workers. It behaves as `TaskSubmitter` of the runtime does. */
export class Submitter {
  readonly #realm: Realm
  readonly #shapes = new Map<string, Shape>()
  readonly #byLease = new Map<string, Shape>()

  constructor(realm: Realm) {
    this.#realm = realm
  }

  submit(terms: Omit<Task, 'taskId' | 'attempt'>): void {
    const task: Task = { ...terms, taskId: this.#realm.nextId('t'), attempt: 0 }
    this.#realm.promise(task.taskId)
    const key = JSON.stringify(task.request)
    let shape = this.#shapes.get(key)
    if (shape === undefined) {
      shape = { request: task.request, queue: [], leases: new Map(), asked: new Set() }
      this.#shapes.set(key, shape)
    }
    shape.queue.push(task)
    this.#pump(shape)
  }

  /** The leases that it has or waits for. */
  get leaseIds(): string[] {
    return [...this.#byLease.keys()]
  }

  granted(leaseId: string, workerId: string): void {
    const shape = this.#byLease.get(leaseId)
    if (shape === undefined) return this.#realm.tell({ type: 'leaseReturned', leaseId })
    shape.asked.delete(leaseId)
    shape.leases.set(leaseId, { leaseId, workerId, task: undefined, taskCount: 0 })
    this.#pump(shape)
  }

  refused(leaseId: string, refusal: Refusal): void {
    const shape = this.#byLease.get(leaseId)
    if (shape === undefined) return
    this.#byLease.delete(leaseId)
    shape.asked.delete(leaseId)
    for (const task of shape.queue.splice(0))
      this.#settle(task, refusal.isGroupRemoved === true ? 'group removed' : 'unschedulable')
  }

  ended(leaseId: string, exit: WorkerExit): void {
    const shape = this.#byLease.get(leaseId)
    if (shape === undefined) return
    this.#byLease.delete(leaseId)
    shape.asked.delete(leaseId)
    const task = shape.leases.get(leaseId)?.task
    shape.leases.delete(leaseId)
    if (task !== undefined) this.#crashed(shape, task, exit)
    else if (exit.failedToStart === true)
      for (const waiting of shape.queue.splice(0)) this.#settle(waiting, 'no worker')
    this.#pump(shape)
  }

  /** Ends the worker of a task that runs, whatever it does. */
  force(): void {
    for (const { leases } of this.#shapes.values()) {
      for (const { leaseId, task } of leases.values()) {
        if (task !== undefined) return this.#realm.tell({ type: 'leaseRevoked', leaseId })
      }
    }
  }

  #crashed(shape: Shape, task: Task, exit: WorkerExit): void {
    if (exit.isGroupRemoved === true) return this.#settle(task, 'group removed')
    if (task.attempt >= task.maxRetries) return this.#settle(task, 'crashed')
    task.attempt++
    shape.queue.push(task)
  }

  #settle(task: Task, outcome: string): void {
    this.#realm.settle(task.taskId, outcome)
    task.onSettled?.()
  }

  #pump(shape: Shape): void {
    for (const lease of shape.leases.values()) {
      if (lease.task !== undefined) continue
      const limit = shape.request.strategy?.type === 'spread' ? 1 : tasksPerLease
      const task = lease.taskCount >= limit ? undefined : shape.queue.shift()
      if (task === undefined) this.#giveBack(shape, lease)
      else this.#send(shape, lease, task)
    }
    while (shape.asked.size < Math.min(shape.queue.length, maxAsked)) this.#ask(shape)
    for (const leaseId of shape.asked) {
      if (shape.asked.size <= shape.queue.length) break
      shape.asked.delete(leaseId)
      this.#byLease.delete(leaseId)
      this.#realm.tell({ type: 'leaseReturned', leaseId })
    }
  }

  #send(shape: Shape, lease: Held, task: Task): void {
    lease.task = task
    lease.taskCount++
    const asker: Asker = {
      answered: () => {
        if (lease.task === task) lease.task = undefined
        this.#settle(task, 'value')
        this.#pump(shape)
      },
      // The coordinator tells how the worker ended.
      lost() {},
    }
    const { taskId, runMs, maxRetries, childCount } = task
    const isDeadly = task.isDeadly && task.attempt < 2
    const message = { taskId, leaseId: lease.leaseId, runMs, maxRetries, isDeadly, childCount }
    this.#realm.ask(lease.workerId, asker, (to, pendingId) =>
      (to as Worker).onTask(message, { peer: this.#realm.id, pendingId }),
    )
  }

  #giveBack(shape: Shape, lease: Held): void {
    shape.leases.delete(lease.leaseId)
    this.#byLease.delete(lease.leaseId)
    this.#realm.tell({ type: 'leaseReturned', leaseId: lease.leaseId })
  }

  #ask(shape: Shape): void {
    const leaseId = this.#realm.nextId('l')
    shape.asked.add(leaseId)
    this.#byLease.set(leaseId, shape)
    const { request } = shape
    this.#realm.tell({ type: 'leaseRequested', leaseId, realm: this.#realm.id, request, waitForResources: false })
  }
}

import { keyOf } from '../core/demand.ts'
import type { ResourceRequest } from '../protocol/specs.ts'
import type { TaskView } from './task-call.ts'

/** A task as the realm that submitted it knows it. */
export interface TaskReport extends Omit<TaskView, 'pendingReason'> {
  readonly request: ResourceRequest
}

/** Reports as lists show them: with why those that wait do. `whyQueued` is asked once for all tasks that ask the same. */
export function explainTasks(
  reports: readonly TaskReport[],
  whyQueued: (request: ResourceRequest) => string,
): TaskView[] {
  const reasons = new Map<string, string>()
  const reasonFor = ({ state, request }: TaskReport): string | undefined => {
    if (state === 'RUNNING') return undefined
    if (state === 'PENDING_ARGUMENTS') return 'one of its arguments has no value yet.'
    const key = keyOf(request)
    const reason = reasons.get(key) ?? whyQueued(request)
    reasons.set(key, reason)
    return reason
  }
  return reports.map((report) => {
    const { request: _, ...view } = report
    return { ...view, pendingReason: reasonFor(report) }
  })
}

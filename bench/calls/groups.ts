import type { Measured } from '../row.ts'
import { callGroup } from './groups/calls.ts'
import { directGroup } from './groups/direct.ts'
import { idleGroup } from './groups/idle.ts'
import { lightGroup } from './groups/light.ts'
import { startGroup } from './groups/start.ts'
import { taskGroup } from './groups/tasks.ts'
import { waitGroup } from './groups/wait.ts'
import { isWanted, type Plan } from './plan.ts'

// The rivals' threads come last: they would stand beside the others.
const groups = [idleGroup, startGroup, lightGroup, directGroup, waitGroup, callGroup, taskGroup]

/** Measures what is wanted and what the host can do, a group at a time. */
export async function measureGroups(plan: Plan, onRows: (rows: readonly Measured[]) => void): Promise<void> {
  for (const { ids, canRun, measure } of groups) {
    if (canRun?.(plan.host) === false || !ids.some((id) => isWanted(plan, id))) continue
    onRows(await measure(plan))
  }
}

// Started by launch.ts, built: measures what its argument says and sends the rows.
import type { Measured } from '../row.ts'
import { callGroup } from './groups/calls.ts'
import { directGroup } from './groups/direct.ts'
import { idleGroup } from './groups/idle.ts'
import { lightGroup } from './groups/light.ts'
import { startGroup } from './groups/start.ts'
import { taskGroup } from './groups/tasks.ts'
import { waitGroup } from './groups/wait.ts'
import { isWanted, type Plan, planOf } from './plan.ts'

/** What this process tells the one that started it. */
export type Message =
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'rows'; readonly rows: readonly Measured[] }

// The rivals' threads come last: they would stand beside the others.
const groups = [idleGroup, startGroup, lightGroup, directGroup, waitGroup, callGroup, taskGroup]

// Whoever started it has ended; what stands still by mistake ends, too, with code 13.
let isComplete = false
process.once('disconnect', () => process.exit(isComplete ? 0 : 1))
process.channel!.unref()

const options = JSON.parse(process.argv[2]!) as Pick<Plan, 'isQuick' | 'only'>
const plan = planOf(options, (text) => tell({ type: 'progress', text }))
for (const { ids, measure } of groups) {
  const wanted = ids.filter((id) => isWanted(plan, id))
  if (wanted.length > 0) tell({ type: 'rows', rows: await measure(plan) })
}
// A rival may hold on to something: this ends the process.
isComplete = true
process.disconnect()

function tell(message: Message): void {
  process.send!(message)
}

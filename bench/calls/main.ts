// Started by launch.ts, built: measures what its argument says and sends the rows.
import type { Measured } from '../row.ts'
import { measureGroups } from './groups.ts'
import { nodeHost } from './node-host.ts'
import { type Plan, planOf } from './plan.ts'

/** What this process tells the one that started it. */
export type Message =
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'rows'; readonly rows: readonly Measured[] }

// Whoever started it has ended; what stands still by mistake ends, too, with code 13.
let isComplete = false
process.once('disconnect', () => process.exit(isComplete ? 0 : 1))
process.channel!.unref()

const options = JSON.parse(process.argv[2]!) as Pick<Plan, 'isQuick' | 'only'>
const plan = planOf({ ...options, host: nodeHost }, (text) => tell({ type: 'progress', text }))
await measureGroups(plan, (rows) => tell({ type: 'rows', rows }))
// A rival may hold on to something: this ends the process.
isComplete = true
process.disconnect()

function tell(message: Message): void {
  process.send!(message)
}

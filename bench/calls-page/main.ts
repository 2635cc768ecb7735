import { measureGroups } from '../calls/groups.ts'
import { pageHost } from '../calls/page-host.ts'
import { planOf } from '../calls/plan.ts'
import type { Measured } from '../row.ts'

globalThis.measure = async (choice) => {
  const rows: Measured[] = []
  const plan = planOf({ host: pageHost, ...choice }, (text) => void globalThis.tellProgress(text))
  await measureGroups(plan, (more) => rows.push(...more))
  return rows
}

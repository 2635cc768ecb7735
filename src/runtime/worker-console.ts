import { host } from '#host'
import type { LogLevel } from '../protocol/platform.ts'
import { currentCallIfKnown } from './context.ts'
import { actorLabel } from './realm-names.ts'
import type { Runtime } from './runtime.ts'

/** A line of a worker's console. */
export interface WorkerLine {
  readonly level: LogLevel
  /** Who wrote it: `Counter#3`, a task's name, or the worker. */
  readonly label: string
  readonly args: readonly unknown[]
}

const levels: readonly LogLevel[] = ['log', 'info', 'warn', 'error', 'debug']

/** Sends what this worker's code prints to the driver's console. */
export function forwardConsole(runtime: Runtime): void {
  for (const level of levels) {
    console[level] = (...args: unknown[]) => {
      const line: WorkerLine = { level, label: labelOf(runtime), args: host.formatLog(args) }
      runtime.tellDriver('log', line)
    }
  }
}

/** Prints a worker's line in the driver. */
export function printLine({ level, label, args }: WorkerLine): void {
  if (levels.includes(level)) host.logLine(level, String(label), args)
}

function labelOf(runtime: Runtime): string {
  const call = currentCallIfKnown()
  if (call?.actorId !== undefined) return actorLabel(call.className ?? 'actor', call.actorId)
  if (call !== undefined) return call.method
  const only = runtime.callee?.actors.onlyInstance()
  return only === undefined ? runtime.realmId : actorLabel(only.className, only.actorId)
}

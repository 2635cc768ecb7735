/** Ends this worker abruptly: process.exit in Node, self.close() in a browser. Never returns. */
export function endWorker(exitCode = 3): Promise<never> {
  if (typeof process !== 'undefined' && typeof process.exit === 'function') process.exit(exitCode)
  self.close()
  // A closing worker still runs this task to its end: an answer must not get out.
  return new Promise<never>(() => {})
}

/** The name people see of this worker: its thread's on Linux, the worker's own in a browser; elsewhere undefined. */
export function shownName(): string | undefined {
  if (typeof process === 'undefined') return self.name
  if (process.platform !== 'linux') return undefined
  return process.getBuiltinModule('node:fs').readFileSync('/proc/thread-self/comm', 'utf8').trim()
}

/** Collects the garbage of this realm. */
export function collectHere(): void {
  const { gc } = globalThis as { gc?: () => void }
  if (gc === undefined) throw new Error('this realm was started without --expose-gc')
  gc()
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

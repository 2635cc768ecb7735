import { runtimeContext } from 'troupe'

/** Where an actor runs. */
export interface Whereabouts {
  readonly workerId: string
  /** The number of the thread in Node; null in a page, whose workers have none. */
  readonly threadId: number | null
}

/** Names the worker that runs the caller. */
export function whereabouts(): Whereabouts {
  return { workerId: runtimeContext().workerId, threadId: nodeThreadId() }
}

/** The number of this Node thread (0 is the main one); null in a browser. */
export function nodeThreadId(): number | null {
  // Looked up at run time: a page's bundle must not name a Node module.
  const node = (globalThis as { process?: { getBuiltinModule?(name: string): unknown } }).process
  const threads = node?.getBuiltinModule?.('node:worker_threads') as { threadId: number } | undefined
  return threads?.threadId ?? null
}

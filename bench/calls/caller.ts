import { within } from './time-limit.ts'
import type { Order } from './work.ts'

const closeMs = 500

/** One way of calling the functions of work.ts in other threads. */
export interface Caller {
  readonly name: string
  add(n: number): PromiseLike<number>
  total(order: Order): PromiseLike<number>
  spin(rounds: number): PromiseLike<number>
  /** Ends what was started for it; its calls may stay unanswered. */
  close(): unknown
}

/** What serves a port in the worker. */
export type PortKind = 'raw' | 'comlink' | 'birpc' | 'capnweb'

/** A caller over a port whose other end is served with the same kind. */
export type OpenOnPort = (port: MessagePort) => Caller

/** A caller with a pool of so many threads. */
export type OpenPool = (threadCount: number) => Promise<Caller>

/** Ends them; some rivals never say that they have ended. */
export async function closeAll(callers: readonly Caller[]): Promise<void> {
  await Promise.allSettled(callers.map(async ({ close }) => within(closeMs, Promise.resolve(close()))))
}

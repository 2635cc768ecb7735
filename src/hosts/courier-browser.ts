import type { Courier, PortLike } from '../protocol/platform.ts'
import { WorkerCourier } from './browser/worker-courier.ts'

/** Brings this worker its messages while it blocks. */
export const courier: Courier | undefined = new WorkerCourier()

/** Browsers give no message of a port to code that blocks. */
export function takeMessage(_port: PortLike): { readonly message: unknown } | undefined {
  return undefined
}

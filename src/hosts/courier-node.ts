import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Courier, PortLike } from '../protocol/platform.ts'

/** Node needs none: messages can be taken out of ports. */
export const courier: Courier | undefined = undefined

/** The next message of a port, at once, also while the realm blocks; undefined: none has come. */
export function takeMessage(port: PortLike): { readonly message: unknown } | undefined {
  return receiveMessageOnPort(port as unknown as MessagePort)
}

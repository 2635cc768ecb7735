import { mainOf, type RealmId } from '../protocol/ids.ts'
import type { PortLike } from '../protocol/platform.ts'
import { Connection } from '../transport/connection.ts'
import { MessagePortChannel } from '../transport/message-port.ts'
import type { Runtime } from './runtime.ts'

/** One realm wants a link to another. */
export interface Introduction {
  readonly realm: RealmId
  readonly port: PortLike
  /** Undefined: the sender itself. */
  readonly asker?: RealmId
}

/** Sends the other end of a port to a realm that this one has no link to. False: there is no such realm. */
export function askFor(runtime: Runtime, realm: RealmId, port: PortLike): boolean {
  const { cluster, realmId, config } = runtime
  // All living workers of a main realm have a link to it.
  if (config.mainId === realmId) return mainOf(realm) !== realmId && cluster?.introduce(realmId, realm, port) === true
  runtime.linkTo(config.mainId).tell('introduce', { realm, port }, [port])
  return true
}

/** In a main realm: gives a realm the port that another one has made for a link between them. */
export function introduce(runtime: Runtime, asker: RealmId, realm: RealmId, port: PortLike): void {
  const { cluster, node, realmId } = runtime
  if (runtime.isLost(asker)) return refuse(port)
  if (realm === realmId) return void runtime.attach(asker, new MessagePortChannel(port))
  const link = node?.link(realm)
  if (link !== undefined) link.tell('meet', { realm: asker, port }, [port])
  else if (mainOf(realm) === realmId || !cluster?.introduce(asker, realm, port)) refuse(port)
}

function refuse(port: PortLike): void {
  new Connection(new MessagePortChannel(port), () => {}).close('there is no such realm')
}

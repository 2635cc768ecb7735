import { host } from '#host'
import type { NodeResources } from '../core/node-ledger.ts'
import { MessagePortChannel } from '../transport/message-port.ts'
import { RemoteControl } from './control.ts'
import { mainRealm } from './driver.ts'
import { makeNode } from './head.ts'
import type { HeadSide } from './head-side.ts'
import { Link } from './link.ts'
import { MemberSide, type NodeFacts } from './member-side.ts'
import type { Runtime } from './runtime.ts'
import { giveSpill } from './spill.ts'

/** What a node that is added has. */
export interface AddedNodeOptions extends NodeFacts {
  readonly name: string
  /** How much all realms of the node together may keep of objects in memory, in bytes. */
  readonly memoryBytes?: number | undefined
  /** What of its resources it keeps at first for somebody that the cluster does not know of. */
  readonly withheld: NodeResources
}

/** Another node of the cluster, in this process. */
export interface AddedNode {
  readonly nodeId: string
  /** What was withheld is for the cluster from now on. */
  release(): void
  /** It is gone at once, with all that runs and lives there; the rest of the cluster finds out. */
  kill(): void
  /** Ends it and its workers; resolves when they have ended. */
  shutdown(): Promise<void>
}

/** Adds a node to a cluster: a main realm of its own in this process, with workers of its own. */
export async function addNode(
  head: Runtime,
  { name, memoryBytes, withheld, ...facts }: AddedNodeOptions,
): Promise<AddedNode> {
  const cluster = head.cluster as HeadSide
  if (name === head.realmId || cluster.hasMember(name) || head.isLost(name))
    throw new RangeError(`A node named ${JSON.stringify(name)} is or was in this cluster already; choose another name.`)
  const { options, runId, workers } = cluster.terms
  const start = { ...options.start, memoryBytes: memoryBytes ?? options.start.memoryBytes }
  const own = { ...options, nodeName: name, start }
  const runtime = mainRealm(own, head.realmId)
  const node = makeNode(runtime, own, runId, workers)
  giveSpill(runtime, runId, false)
  const [ours, theirs] = host.createPorts()
  const past = head.node!.past()
  cluster.addMember(new Link(head, name, new MessagePortChannel(ours)))
  const link = new Link(runtime, head.realmId, new MessagePortChannel(theirs))
  runtime.addLink(link)
  runtime.learn(past)
  runtime.control = new RemoteControl(runtime.linkTo(head.realmId))
  const side = new MemberSide(runtime, node, link)
  node.cluster = side
  runtime.cluster = side
  node.open(facts.resources, withheld)
  await link.ask('nodeJoined', facts)
  return {
    nodeId: name,
    release: () => node.books.release(),
    kill: () => link.connection.close('it was killed'),
    shutdown: () => runtime.shutdown(),
  }
}

import type { NodeId } from '../../protocol/ids.ts'
import type { Strategy } from '../../protocol/specs.ts'

type NodeAffinity = Extract<Strategy, { readonly type: 'node' }>

/**
 * Node affinity. Hard: only that node. Soft: that node as long as it is there and big enough, else any other.
 * `nodeIds` are the nodes that could ever have it; the answer is those that may.
 */
export function nodesByAffinity(affinity: NodeAffinity, nodeIds: ReadonlySet<NodeId>): ReadonlySet<NodeId> {
  if (nodeIds.has(affinity.nodeId)) return new Set([affinity.nodeId])
  return affinity.isSoft ? nodeIds : new Set()
}

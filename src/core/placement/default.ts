import type { NodeId } from '../../protocol/ids.ts'
import type { PlaceView } from '../slot.ts'

/**
 * DEFAULT: where the asker is, while there is a CPU for it; else where the load is least, of CPUs before GPUs. The index of the chosen view;
 * all of `views` have room, and there is at least one.
 */
export function chooseDefault(views: readonly PlaceView[], local: NodeId | undefined): number {
  const near = views.findIndex((view) => view.nodeId === local)
  if (near >= 0 && views[near]!.load < 1) return near
  let best = Math.max(near, 0)
  views.forEach((view, at) => {
    const least = views[best]!
    if (view.load < least.load || (view.load === least.load && view.gpuLoad < least.gpuLoad)) best = at
  })
  return best
}
